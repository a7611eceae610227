"""What the product offers, named by method and path."""

from sandbox.stand.operation import Kind, Operation

TOKEN = Operation("POST /oauth/token", "token", Kind.QUERY, "an access token for an audience")
PRODUCTS = Operation("GET /products", "products", Kind.QUERY, "gift cards, page by page")
PRODUCT = Operation("GET /products/{productid}", "product", Kind.QUERY, "one gift card")
COUNTRY = Operation("GET /countries/{countrycode}/products", "country", Kind.QUERY, "gift cards of a country")
DISCOUNTS = Operation("GET /discounts", "discounts", Kind.QUERY, "discounts, page by page")
FX_RATE = Operation("GET /fx-rate", "fx-rate", Kind.QUERY, "an amount in another currency, in the wallet's")
ORDER = Operation("POST /orders", "order", Kind.PAYMENT, "buys gift cards from the wallet")
CARDS = Operation("GET /orders/transactions/{transactionId}/cards", "cards", Kind.QUERY, "the cards of an order")
TRANSACTIONS = Operation("GET /reports/transactions", "enquiry", Kind.ENQUIRY, "orders, by customIdentifier and others")
TRANSACTION = Operation("GET /reports/transactions/{transactionId}", "transaction", Kind.ENQUIRY, "one order")

OPERATIONS = (
    TOKEN,
    PRODUCTS,
    PRODUCT,
    COUNTRY,
    DISCOUNTS,
    FX_RATE,
    ORDER,
    CARDS,
    TRANSACTIONS,
    TRANSACTION,
)
