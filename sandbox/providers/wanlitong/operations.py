"""What the platform offers, named by the path under its root."""

from sandbox.stand.operation import Kind, Operation

ROOT = "/api/platform/"

PRODUCTS = Operation("products", "product-list", Kind.QUERY, "产品列表; amounts in 万元")
ESTIMATE = Operation("estimate", "limit", Kind.QUERY, "可借额度, in 万元; mask and digest only")
PRECHECK = Operation("strike", "precheck", Kind.QUERY, "撞库: whether a customer may apply; mask and digest only")
AUTHORISE = Operation("downstream/auth-callback", "authorise", Kind.QUERY, "授权: the customer has agreed")
APPLY = Operation("apply", "credit-application", Kind.PAYMENT, "进件: asks for credit, with the plain mobile number")
TRIAL = Operation("trial", "interest-trial", Kind.QUERY, "利息试算: what an amount and a term would cost")
BORROW = Operation("loan", "borrow", Kind.PAYMENT, "借款申请: accepts the credit and asks for the money")
PROGRESS = Operation("progress", "enquiry", Kind.ENQUIRY, "进度查询: what became of an order, by orderNo")
PLAN = Operation("plan", "repayment-plan", Kind.QUERY, "还款计划: the instalments of a loan")
REPAY = Operation("repay", "repayment", Kind.PAYMENT, "还款, up to what is outstanding")
LOANS = Operation("loans", "loan-list", Kind.QUERY, "借款列表: a customer's loans")
RESULT = Operation("result", "push", Kind.PUSH, "结果回调: posted to the order's notifyUrl; named by `*` never")

OPERATIONS = (PRODUCTS, ESTIMATE, PRECHECK, AUTHORISE, APPLY, TRIAL, BORROW, PROGRESS, PLAN, REPAY, LOANS, RESULT)
ROUTES = {("POST", ROOT + each.name): each for each in OPERATIONS if each is not RESULT}
