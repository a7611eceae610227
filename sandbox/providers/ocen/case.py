"""One request under the network's eyes: what it says, what the book knows of it, and the answers it will get."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.providers.ocen.lenders import CURRENCY
from sandbox.providers.ocen.loans import Loan, standing
from sandbox.providers.ocen.operations import response_path
from sandbox.providers.ocen.states import Refused, Turned
from sandbox.stand.book import Page, Performance
from sandbox.stand.moment import now
from sandbox.stand.operation import Operation
from sandbox.stand.settings import Settings

Document = dict[str, Any]
_MOST = Decimal(10) ** 10


@dataclass(slots=True)
class Case:
    """Shape: an answer is `{"at": seconds, "path", "body"}`; its metadata is added when it is filed.

    `skewed` is set where the amounts of this answer are to be wrong.
    """

    operation: Operation
    message: Document
    fault: str | None
    page: Page
    settings: Settings
    answers: list[Document] = field(default_factory=list)
    skewed: bool = False
    at: float = field(default_factory=now)

    @property
    def request_id(self) -> str:
        return str(self.message["metadata"]["requestId"])

    def answer(self, body: Document, *, at: float | None = None, path: str | None = None) -> None:
        """Answers once the request has been processed, or at a moment of its own."""
        due = self.at + self.settings.processing_seconds if at is None else at
        response = {"status": "SUCCESS", "responseDetail": ""}
        self.answers.append(
            {"at": due, "path": path or response_path(self.operation), "body": {"response": response, **body}}
        )

    def refuse(self, refused: Refused) -> None:
        self.answer({"response": {"status": "ERROR", "responseDetail": refused.detail}, **refused.more})

    def application(self, application_id: object) -> Document:
        """Raises: Refused, if there is none."""
        found = self.page.find(f"application:{application_id}")
        if not found:
            raise Refused("LOAN_APPLICATION_NOT_FOUND", loanApplicationId=application_id)
        return found[-1]

    def keep_application(self, application: Document) -> None:
        self.page.keep(f"application:{application['loanApplicationId']}", application)

    def loan(self, loan_id: object) -> Loan:
        """Raises: Refused, if there is none."""
        found = self.page.find(f"loan:{loan_id}")
        document = found[-1] if found else standing(str(loan_id))
        if document is None:
            raise Refused("LOAN_NOT_FOUND", loanId=loan_id)
        return Loan(document, self.settings)

    def keep_loan(self, loan: Loan) -> None:
        self.page.keep(f"loan:{loan.loan_id}", loan.document)

    def perform(self, account: str, amount: Decimal) -> None:
        """Enters the ledger under the requestId."""
        self.page.perform(Performance(self.request_id, self.operation.plain, account, f"{amount:.2f}", CURRENCY))

    def amount(self, value: object, name: str) -> Decimal:
        """A JSON number above zero with at most two places.

        Raises: Turned.
        """
        try:
            amount = Decimal(str(value))
        except InvalidOperation as error:
            raise invalid(name) from error
        proper = isinstance(value, int | float) and not isinstance(value, bool) and 0 < amount < _MOST
        if not proper or amount != round(amount, 2):
            raise invalid(name)
        return amount


def invalid(name: str) -> Turned:
    """The acknowledgement that names a field."""
    return Turned(400, f"INVALID_REQUEST: {name}")


def text(document: object, name: str) -> str:
    """A field that must be there.

    Raises: Turned.
    """
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, str) or not value or len(value) > 200:  # noqa: PLR2004 - longer is no identifier
        raise invalid(name)
    return value
