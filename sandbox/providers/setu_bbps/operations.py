"""What the product offers, named by method and path."""

from sandbox.stand.operation import Kind, Operation

ROOT = "/api/v2"
TOKEN = Operation(f"POST {ROOT}/auth/token", "token", Kind.QUERY, "an access token")
BILLERS = Operation(f"GET {ROOT}/bbps/billers", "billers", Kind.QUERY, "billers with their rules, page by page")
CATEGORIES = Operation(
    f"GET {ROOT}/bbps/categories", "categories", Kind.QUERY, "categories and how many billers each has"
)
FETCH = Operation(
    f"POST {ROOT}/bbps/bills/fetch/request", "bill-request", Kind.QUERY, "asks a biller for bills; gives a refId"
)
BILL = Operation(f"POST {ROOT}/bbps/bills/fetch/response", "bill", Kind.QUERY, "what the biller has said, by refId")
PAY = Operation(f"POST {ROOT}/bbps/bills/payment/request", "pay", Kind.PAYMENT, "pays; gives another refId")
PAYMENT = Operation(
    f"POST {ROOT}/bbps/bills/payment/response", "enquiry", Kind.ENQUIRY, "what became of a payment, by refId"
)
TRANSACTIONS = Operation(f"GET {ROOT}/bbps/transactions", "transactions", Kind.ENQUIRY, "payments between two dates")
PUSH = Operation("BILL_PAY", "push", Kind.PUSH, "the webhook, unsigned; named by `*` never")

OPERATIONS = (TOKEN, BILLERS, CATEGORIES, FETCH, BILL, PAY, PAYMENT, TRANSACTIONS, PUSH)
ROUTES = {tuple(each.name.split(" ")): each for each in OPERATIONS if each is not PUSH}
# Its own samples of `nextPage` lack the version, so those two lists are served there as well.
ROUTES |= {("GET", "/api/bbps/billers"): BILLERS, ("GET", "/api/bbps/transactions"): TRANSACTIONS}
