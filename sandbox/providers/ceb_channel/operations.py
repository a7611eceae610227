"""What the channel offers, under its `transacCode` names."""

from sandbox.stand.operation import Kind, Operation

LOGIN = Operation("YAOYAOAPP_INTERFACE_AUTOLOGINBYCANAL", "login", Kind.QUERY, "opens a session for a channel user")
CITIES = Operation("YAOYAOAPP_INTERFACE_QUERYCITYS", "cities", Kind.QUERY, "cities that are served")
CATEGORIES = Operation("YAOYAOAPP_INTERFACE_QUERYCATEGORYTYPES", "categories", Kind.QUERY, "categories in a city")
ITEMS = Operation("YAOYAOAPP_INTERFACE_QUERYPAYITEMS", "items", Kind.QUERY, "payment items with their rules")
BILL = Operation("YAOYAOAPP_INTERFACE_QUERYPAYBILLINFO", "bill", Kind.QUERY, "what an account owes; may need polling")
MOBILE_BILL = Operation(
    "YAOYAOAPP_INTERFACE_QUERYMOBILEPAYBILLINFO", "mobile-bill", Kind.QUERY, "the same for a mobile number"
)
CREATE = Operation("TMRI_ORDER_CREATECASHIER", "pay", Kind.PAYMENT, "creates an order and pays it from the deposit")
ORDER = Operation(
    "TMRI_ORDER_QUERYPAYRECORD_HKORDERS_INFO", "enquiry", Kind.ENQUIRY, "one order by orderNo and tranDate"
)
ORDERS = Operation("TMRI_ORDER_QUERYPAYRECORD_HK", "orders", Kind.ENQUIRY, "orders as a list")
RESULT = Operation("TMRI_ORDER_RESULT", "push", Kind.PUSH, "the result, pushed to notifyUrl; named by `*` never")

OPERATIONS = (LOGIN, CITIES, CATEGORIES, ITEMS, BILL, MOBILE_BILL, CREATE, ORDER, ORDERS, RESULT)
NAMED = {each.name: each for each in OPERATIONS if each is not RESULT}
