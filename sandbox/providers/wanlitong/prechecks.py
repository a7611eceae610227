"""Before the application: products, 可借额度, 撞库 and the customer's agreement."""

from decimal import Decimal
from hashlib import sha256
from typing import Any

from sandbox.providers.wanlitong.codes import (
    DUPLICATE_CUSTOMER,
    MALFORMED,
    NO_SUCH_APPLICATION,
    NOT_ADMITTED,
    QUOTA_SPENT,
    Refused,
)
from sandbox.providers.wanlitong.customers import limit_of, masked, rate_of
from sandbox.providers.wanlitong.magic import Situation, situation_of
from sandbox.providers.wanlitong.words import amount, months, text, wan
from sandbox.stand.book import Order, Page
from sandbox.stand.moment import now
from sandbox.stand.settings import Settings

_LEAST_WAN, _MOST_WAN = Decimal("0.1"), Decimal(50)
_AGES = range(22, 56)
_FLAGS = ("hasCar", "overdue", "hasProvidentFund", "hasSocialSecurity")
_NUMBERS = ("age", "education", "housingStatus", "zhimaScore")
_REFUSED = {
    Situation.DUPLICATE: DUPLICATE_CUSTOMER,
    Situation.NOT_ADMITTED: NOT_ADMITTED,
    Situation.QUOTA_SPENT: QUOTA_SPENT,
}
_COMPANY = "沙盒消费金融"
_PAGES = "https://h5.wanlitong.example"
_PRODUCTS = (
    ("WLT-JSD", "极速贷", "0.1", "5", 12, "0.0720", "80.00"),
    ("WLT-SND", "惠农贷", "0.5", "20", 24, "0.0840", "120.00"),
    ("WLT-XWD", "小微贷", "1", "50", 36, "0.0960", "200.00"),
)


def products(_: dict[str, Any]) -> dict[str, Any]:
    """Amounts in 万元, prices per lead in 元."""
    shown = [
        {
            "productId": number,
            "productName": name,
            "companyName": _COMPANY,
            "minAmount": float(least),
            "maxAmount": float(most),
            "maxTerm": longest,
            "minYearRate": rate,
            "price": price,
        }
        for number, name, least, most, longest, rate, price in _PRODUCTS
    ]
    return {"products": shown}


def estimate(content: dict[str, Any]) -> dict[str, Any]:
    """In 万元, for somebody who is not named."""
    mobile = masked(content)
    rate = f"{rate_of(mobile):.4f}"
    return {"minAmount": float(_LEAST_WAN), "maxAmount": wan(limit_of(mobile)), "yearRate": rate, "maxTerm": 36}


def precheck(content: dict[str, Any], page: Page) -> dict[str, Any]:
    """Opens an applyNo for a customer who may apply.

    Raises: Refused.
    """
    mobile = masked(content)
    asked = amount(content, "loanAmount", _LEAST_WAN, _MOST_WAN, places=4)
    term = months(content, "loanTime")
    _qualify(content)
    if (situation := situation_of(mobile)) in _REFUSED:
        raise Refused(_REFUSED[situation])
    chosen = _product(content.get("productId"), asked, term)
    number = page.keep("precheck", {})
    apply_no = f"AP{number:012d}"
    user_id = "U" + sha256(mobile.encode()).hexdigest()[:12]
    opened = {"applyNo": apply_no, "userId": user_id, "account": mobile, "productId": chosen[0], "at": now()}
    page.keep(f"application:{apply_no}", {**opened, "authorised": False})
    return {
        "userId": user_id,
        "applyNo": apply_no,
        "channelId": "1",
        "productId": chosen[0],
        "productName": chosen[1],
        "companyName": _COMPANY,
        "logoUrl": _PAGES + "/logo.png",
        "price": chosen[6],
        "discountPrice": f"{Decimal(chosen[6]) * Decimal('0.9'):.2f}",
        "protocols": [
            {"name": "个人信息授权书", "url": _PAGES + "/protocols/1"},
            {"name": "征信查询授权书", "url": _PAGES + "/protocols/2"},
        ],
        "url": f"{_PAGES}/authorize?applyNo={apply_no}",
    }


def authorise(content: dict[str, Any], page: Page, settings: Settings) -> dict[str, Any]:
    """Notes that the customer has agreed.

    Raises: Refused.
    """
    application = find(page, text(content, "applyNo"), settings)
    if text(content, "userId") != application["userId"]:
        raise Refused(MALFORMED, "userId")
    page.keep(f"application:{application['applyNo']}", {**application, "authorised": True})
    return {"applyNo": application["applyNo"]}


def find(page: Page, apply_no: str, settings: Settings) -> Order:
    """An applyNo that is known and not older than --session-seconds.

    Raises: Refused.
    """
    found = page.find(f"application:{apply_no}")
    if not found or found[-1]["at"] + settings.session_seconds <= now():
        raise Refused(NO_SUCH_APPLICATION)
    return found[-1]


def _product(wanted: object, asked: Decimal, term: int) -> tuple[str, str, str, str, int, str, str]:
    """The product asked for, or else the first that fits."""
    for product in _PRODUCTS:
        number, _, least, most, longest, _, _ = product
        if wanted in (None, number) and Decimal(least) <= asked <= Decimal(most) and term <= longest:
            return product
    raise Refused(NOT_ADMITTED, "productId, loanAmount, loanTime")


def _qualify(content: dict[str, Any]) -> None:
    """What is told about the customer must be well formed, and can be a reason to say no."""
    for name in _FLAGS:
        if content.get(name) not in (None, 0, 1):
            raise Refused(MALFORMED, name)
    for name in _NUMBERS:
        if name in content and (not isinstance(content[name], int) or isinstance(content[name], bool)):
            raise Refused(MALFORMED, name)
    if content.get("age", _AGES[0]) not in _AGES or content.get("overdue") == 1:
        raise Refused(NOT_ADMITTED)
