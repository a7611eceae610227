"""What the platform offers, under its `_api_name`s."""

from sandbox.stand.operation import Kind, Operation

ISSUE = Operation("CARDSIGN_APPLY", "issue", Kind.PAYMENT, "issues (signs) the electronic card of a person")
UNLINK = Operation("UNBOXING", "unlink", Kind.PAYMENT, "unlinks the card; aab301 and signNo are to be wiped")
STATUS = Operation("CARDSIGN_VALID", "status", Kind.QUERY, "whether a person holds a card, with its aab301 and signNo")
QR = Operation("GET_QRCODE", "qr", Kind.QUERY, "a QR token of the card: one purpose, one use, a minute at most")
SCAN = Operation("SCAN_VERIFY", "scan", Kind.PAYMENT, "verifies and uses up a QR token, for whoever scanned it")
ENQUIRY = Operation("QUERY_BUSISEQ", "enquiry", Kind.ENQUIRY, "what became of a request, by its busiSeq")
CALLBACK = Operation("ESSC_CALLBACK", "push", Kind.PUSH, "news by actionType, posted to notifyUrl; named by `*` never")

OPERATIONS = (ISSUE, UNLINK, STATUS, QR, SCAN, ENQUIRY, CALLBACK)
NAMED = {each.name: each for each in OPERATIONS if each is not CALLBACK}
