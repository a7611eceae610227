"""What the product offers, named by method and path."""

from sandbox.stand.operation import Kind, Operation

TOKEN = Operation("POST /oauth/token", "token", Kind.QUERY, "an access token for an audience")
BILLERS = Operation("GET /billers", "billers", Kind.QUERY, "billers, page by page")
PAY = Operation("POST /pay", "pay", Kind.PAYMENT, "pays a bill from the wallet")
TRANSACTIONS = Operation("GET /transactions", "enquiry", Kind.ENQUIRY, "transactions, by referenceId and other filters")
TRANSACTION = Operation("GET /transactions/{id}", "transaction", Kind.ENQUIRY, "one transaction by its number")

OPERATIONS = (TOKEN, BILLERS, PAY, TRANSACTIONS, TRANSACTION)
