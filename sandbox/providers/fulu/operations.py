"""What the platform offers, under its `method` names."""

from sandbox.stand.operation import Kind, Operation

GOODS = Operation("fulu.goods.list.get", "goods", Kind.QUERY, "goods with their purchase prices")
GOOD = Operation("fulu.goods.info.get", "good", Kind.QUERY, "one of them")
TEMPLATE = Operation("fulu.goods.template.get", "template", Kind.QUERY, "the fields an order of a good needs")
STOCK = Operation("fulu.goods.stock.check", "stock", Kind.QUERY, "the stock of a good")
USER = Operation("fulu.user.info.get", "user", Kind.QUERY, "the balance")
DIRECT = Operation("fulu.order.direct.add", "direct", Kind.PAYMENT, "charges an account")
CARD = Operation("fulu.order.card.add", "card", Kind.PAYMENT, "buys card secrets, delivered by the enquiry alone")
MOBILE = Operation("fulu.order.mobile.add", "mobile", Kind.PAYMENT, "tops up a mobile number")
ORDER = Operation("fulu.order.info.get", "enquiry", Kind.ENQUIRY, "one order by customer_order_no, with its cards")
RESULT = Operation("callback", "push", Kind.PUSH, "the result, pushed to the registered URL; named by `*` never")

OPERATIONS = (GOODS, GOOD, TEMPLATE, STOCK, USER, DIRECT, CARD, MOBILE, ORDER, RESULT)
NAMED = {each.name: each for each in OPERATIONS if each is not RESULT}
ADDED = (DIRECT, CARD, MOBILE)
