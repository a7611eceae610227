"""What the network offers: requests and the responses that answer them, in their irregular casing."""

from sandbox.stand.operation import Kind, Operation

ROOT = "/v4.0.0alpha/"
TOKEN_PATH = "/auth/oauth2/token/"  # noqa: S105 - a path
PRODUCTS_PATH = "/products"

TOKEN = Operation("auth/oauth2/token/", "token", Kind.QUERY, "an access token, from the network's auth service")
PRODUCTS = Operation("products", "products", Kind.QUERY, "the product registry; answered at once")
CREATE = Operation("loanApplications/createLoanRequest", "create-loan", Kind.PAYMENT, "files a loan application")
CONSENT = Operation("consent/consentHandleRequest", "consent", Kind.QUERY, "a consent handle for an application")
CONSENT_STATUS = Operation("consent/statusRequest", "consent-status", Kind.QUERY, "what became of a consent")
OFFERS = Operation("offers/generateOffersRequest", "offers", Kind.QUERY, "offers of several lenders, in parts")
DOCUMENTS = Operation("offers/sendAdditionalDocumentsRequest", "documents", Kind.QUERY, "what a lender asked for")
SET_OFFER = Operation("offers/setOffersRequest", "set-offer", Kind.QUERY, "chooses an offer; moves no money")
AGREEMENT = Operation("loanAcceptance/loanAgreementRequest", "agreement", Kind.QUERY, "the agreement to be accepted")
GRANT = Operation("grantLoan/grantLoanRequest", "grant-loan", Kind.PAYMENT, "accepts the agreement: the loan exists")
DISBURSE = Operation(
    "disbursement/triggerDisbursementRequest", "disburse", Kind.QUERY, "hurries the payout that the grant promised"
)
DISBURSED = Operation(
    "disbursement/triggerDisbursementStatusRequest", "disbursement", Kind.ENQUIRY, "what became of the payout"
)
PLAN = Operation("disbursement/setRepaymentPlanStatusRequest", "plan", Kind.QUERY, "a loan's repayment plan")
REPAY = Operation("repayment/triggerRepaymentRequest", "repay", Kind.PAYMENT, "repays by mandate")
REPAID = Operation("repayment/triggerRepaymentStatusRequest", "repayment", Kind.ENQUIRY, "what became of a repayment")
LOAN = Operation("loanDetails/getloanRequest", "loan", Kind.ENQUIRY, "one application or loan")
LOANS = Operation("loanDetails/listloansRequest", "loans", Kind.QUERY, "a borrower's loans")
REPEAT = Operation("repeat", "repeat", Kind.ENQUIRY, "a performing request whose requestId is known: answered alike")
RESPONSE = Operation("…Response", "push", Kind.PUSH, "any response, posted to the loan agent; named by `*` never")

CONFIRM_REPAYMENT = ROOT + "repayment/confirmRepaymentRequest"
_ASYNCHRONOUS = (
    CREATE, CONSENT, CONSENT_STATUS, OFFERS, DOCUMENTS, SET_OFFER, AGREEMENT, GRANT, DISBURSE, DISBURSED, PLAN, REPAY,
    REPAID, LOAN, LOANS,
)  # fmt: skip
_IRREGULAR = {AGREEMENT: "loanAcceptance/LoanAgreementResponse", LOANS: "loanDetails/listLoansResponse"}

OPERATIONS = (TOKEN, PRODUCTS, *_ASYNCHRONOUS, REPEAT, RESPONSE)
ROUTES = {
    ("POST", TOKEN_PATH): TOKEN,
    ("GET", PRODUCTS_PATH): PRODUCTS,
    **{("POST", ROOT + each.name): each for each in _ASYNCHRONOUS},
}


def response_path(operation: Operation) -> str:
    """The path under which the loan agent would serve the answer to a request."""
    return ROOT + _IRREGULAR.get(operation, operation.name.removesuffix("Request") + "Response")
