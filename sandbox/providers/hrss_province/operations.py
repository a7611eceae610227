"""What the office offers, named by path; all are POST."""

from sandbox.stand.operation import Kind, Operation

INSURED = Operation("/rs/queryInsured", "insured", Kind.QUERY, "what a person is insured for in an area")
ACCOUNT = Operation("/rs/queryPensionAccount", "account", Kind.QUERY, "the personal pension account")
ESTIMATE = Operation("/rs/estimatePension", "estimate", Kind.QUERY, "a pension estimate with its assumptions")
CERTIFICATE = Operation("/rs/contributionCertificate", "certificate", Kind.QUERY, "a certificate as Base64 of a PDF")
TRANSFER = Operation("/rs/applyTransfer", "transfer", Kind.PAYMENT, "applies for a transfer between two areas")
ISSUE = Operation("/rs/issueCard", "issue", Kind.PAYMENT, "issues the electronic card, at once")
UNLINK = Operation("/rs/unlinkCard", "unlink", Kind.PAYMENT, "unlinks the electronic card, at once")
STATUS = Operation("/rs/queryCard", "status", Kind.QUERY, "whether a person holds a card, and which")
ENQUIRY = Operation("/rs/queryApplication", "enquiry", Kind.ENQUIRY, "what became of an application, by its ywlsh")

OPERATIONS = (INSURED, ACCOUNT, ESTIMATE, CERTIFICATE, TRANSFER, ISSUE, UNLINK, STATUS, ENQUIRY)
NAMED = {each.name: each for each in OPERATIONS}
