"""What the partner offers, named by method and path."""

from sandbox.stand.operation import Kind, Operation

PRODUCTS = Operation("GET /products", "products", Kind.QUERY, "what a recipient may be given, with its amounts")
CAMPAIGNS = Operation("GET /campaigns", "campaigns", Kind.QUERY, "named selections of products")
FUNDING_SOURCES = Operation("GET /funding_sources", "funding-sources", Kind.QUERY, "what an order may be charged to")
CREATE = Operation("POST /orders", "order", Kind.PAYMENT, "orders rewards; a known external_id is replayed")
ORDERS = Operation("GET /orders", "enquiry", Kind.ENQUIRY, "orders, newest first, by external_id")
ORDER = Operation("GET /orders/{id}", "one-order", Kind.ENQUIRY, "one order by the partner's id")
REWARD = Operation("GET /rewards/{id}", "reward", Kind.ENQUIRY, "one reward, with its link once it is delivered")
WEBHOOK = Operation("WEBHOOK", "push", Kind.PUSH, "ORDERS.* and REWARDS.*; one fault spoils all of an order's")

OPERATIONS = (PRODUCTS, CAMPAIGNS, FUNDING_SOURCES, CREATE, ORDERS, ORDER, REWARD, WEBHOOK)
