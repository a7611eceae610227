"""What the centre offers: one path per transaction number, and the e-voucher's transType."""

from sandbox.stand.operation import Kind, Operation

ROOT = "/org/local/api/hos/"
VOUCHER_PATH = ROOT + "ec"

PAY = Operation("pay_order", "pay", Kind.PAYMENT, "6202: settles an uploaded order in three legs")
REFUND = Operation("refund_Order", "refund", Kind.PAYMENT, "6203: gives back legs, or parts of them")
REVOKE = Operation("revoke_order", "revoke", Kind.PAYMENT, "6401: cancels an order whole")
ORDER = Operation("query_order_info", "enquiry", Kind.ENQUIRY, "6301: an order, or one of its refunds")
UPLOAD = Operation("uldFeeInfo", "upload", Kind.QUERY, "6201: fees of a visit; an order number, no money moves")
PERSON = Operation("queryInsu", "person", Kind.QUERY, "insurance relations and personal-account balances")
ACTIVATE = Operation("ec.activate", "activate", Kind.PAYMENT, "makes the e-voucher usable")
AUTHORISE = Operation("ec.auth", "authorise", Kind.PAYMENT, "a payment authorisation under a serial number, payAuthNo")
AUTHORISED = Operation(
    "ec.auth without orgBizSer", "authorisation", Kind.QUERY, "the same without orgBizSer: a step of a payment"
)
CODE = Operation("ec.qrcode", "code", Kind.QUERY, "an opaque QR text, once, for a minute at most")
TOKEN = Operation("ec.query", "token", Kind.QUERY, "decodes a QR text or names a person; a token for a stated business")
VOUCHER = Operation("ec.status", "voucher", Kind.ENQUIRY, "a voucher, and what became of an orgBizSer")
SETTLED = Operation("SeltSucCallback", "settled", Kind.PUSH, "what the centre posts once an order has settled")

OPERATIONS = (
    PAY, REFUND, REVOKE, ORDER, UPLOAD, PERSON, ACTIVATE, AUTHORISE, AUTHORISED, CODE, TOKEN, VOUCHER, SETTLED,
)  # fmt: skip
BY_PATH = {ROOT + each.name: each for each in (UPLOAD, PAY, ORDER, REFUND, REVOKE, PERSON)}
BY_TYPE = {each.name: each for each in (ACTIVATE, AUTHORISE, CODE, TOKEN, VOUCHER)}
