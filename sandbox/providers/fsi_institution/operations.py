"""The transaction numbers that are served."""

from sandbox.stand.operation import Kind, Operation

SETTLE = Operation("2207", "settle", Kind.PAYMENT, "settles a visit")
UNDO = Operation("2208", "undo", Kind.PAYMENT, "takes a settlement back by its setl_id")
REVERSE = Operation(
    "2601", "reverse", Kind.PAYMENT, "takes a 2207 back by its msgid, whether its answer arrived or not"
)
RECORD = Operation("5203", "enquiry", Kind.ENQUIRY, "a settlement, or a person's settlements in a time")
SIGN_IN = Operation("9001", "login", Kind.QUERY, "signs in; every other transaction needs the sign_no")
PERSON = Operation("1101", "person", Kind.QUERY, "a person and all insurance relations")
REGISTER = Operation("2201", "register", Kind.QUERY, "opens an out-patient visit; no money moves")
PREVIEW = Operation("2206", "preview", Kind.QUERY, "what 2207 would come to")
INSTITUTIONS = Operation("1201", "institutions", Kind.QUERY, "designated hospitals and pharmacies of an area")

OPERATIONS = (SETTLE, UNDO, REVERSE, RECORD, SIGN_IN, PERSON, REGISTER, PREVIEW, INSTITUTIONS)
BY_NUMBER = {each.name: each for each in OPERATIONS}
