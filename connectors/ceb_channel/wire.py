"""The channel's messages, in the channel's own names. Fields that we do not read are allowed and ignored."""
# ruff: noqa: N815 - the partner's own field names

import msgspec
from msgspec import UNSET, UnsetType

VERSION = "1.0.0"
CHARSET = "UTF-8"

LOGIN = "YAOYAOAPP_INTERFACE_AUTOLOGINBYCANAL"
CITIES = "YAOYAOAPP_INTERFACE_QUERYCITYS"
ITEMS = "YAOYAOAPP_INTERFACE_QUERYPAYITEMS"
BILL = "YAOYAOAPP_INTERFACE_QUERYPAYBILLINFO"
MOBILE_BILL = "YAOYAOAPP_INTERFACE_QUERYMOBILEPAYBILLINFO"
CREATE = "TMRI_ORDER_CREATECASHIER"
ORDER = "TMRI_ORDER_QUERYPAYRECORD_HKORDERS_INFO"
RESULT = "TMRI_ORDER_RESULT"

MOBILE = "04"
"""The category of mobile top-ups, which have a bill query and an order type of their own."""


class Envelope(msgspec.Struct):
    """What every reply arrives in."""

    respCode: str
    signature: str
    respMsg: str | None = None
    respData: str | None = None


class LoginRequest(msgspec.Struct):
    userId: str


class LoginReply(msgspec.Struct):
    sessionId: str


class CitiesRequest(msgspec.Struct):
    pass


class City(msgspec.Struct):
    cityCode: str
    cityName: str = ""


class CitiesReply(msgspec.Struct):
    cityList: list[City] = []


class ItemsRequest(msgspec.Struct):
    cityCode: str


class Field(msgspec.Struct):
    """Something a biller demands beyond the account number: `filed1` … `filed5`, sic."""

    name: str
    label: str = ""
    pattern: str | None = None
    required: bool | int | str = True


class Item(msgspec.Struct):
    """A biller with its rules. Units: amountLimit and chooseAmount in 元, timeRangeLimit in ms of the day."""

    paymentItemId: str
    paymentItemCode: str
    paymentItemName: str
    categoryType: str = ""
    rangLimit: int | str | None = None
    amountLimit: str | None = None
    chooseAmount: str | None = None
    timeRangeLimit: str | None = None
    payTimeTips: str | None = None
    businessFlow: str | int | None = None
    extraFields: list[Field] | None = None
    needContractNo: str | int | None = None


class ItemsReply(msgspec.Struct):
    """Items stay raw, so that one that cannot be read hides no other."""

    payItemList: list[msgspec.Raw] = []


class BillRequest(msgspec.Struct, omit_defaults=True):
    """Shape: `pollingTimes` counts from 1; `qryAcqSsn` is empty when a fetch begins."""

    sessionId: str
    paymentItemCode: str
    paymentItemId: str
    billKey: str
    pollingTimes: int
    qryAcqSsn: str
    filed1: str | UnsetType = UNSET
    filed2: str | UnsetType = UNSET
    filed3: str | UnsetType = UNSET
    filed4: str | UnsetType = UNSET
    filed5: str | UnsetType = UNSET


class Row(msgspec.Struct, omit_defaults=True):
    """One bill. Units: balance and payAmount in 分. Shape: dates are yyyyMMdd, yyyyMM or empty."""

    contractNo: str | None = None
    customerName: str | None = None
    originalCustomerName: str | None = None
    balance: int | str | None = None
    payAmount: int | str | None = None
    beginDate: str | None = None
    endDate: str | None = None
    filed1: str | None = None
    filed2: str | None = None
    filed3: str | None = None
    filed4: str | None = None
    filed5: str | None = None


class BillReply(msgspec.Struct):
    """Shape: queryState 0 is ready, 1 is still being fetched. Units: pollingInterval in seconds."""

    queryState: str | int
    qryAcqSsn: str = ""
    pollingInterval: int | str | None = None
    billKey: str | None = None
    data: list[Row] | None = None


class CreateRequest(msgspec.Struct, omit_defaults=True):
    """Units: payAmount in 元, billAmount in 分, in one message.

    Shape: merOrderDate is yyyyMMdd; billQueryResultDataModel is the row's JSON, as a string.
    """

    merOrderNo: str
    merOrderDate: str
    payAmount: str
    paymentItemCode: str
    paymentItemId: str
    billKey: str
    sessionId: str
    appName: str
    appVersion: str
    notifyUrl: str
    billAmount: int | str | UnsetType = UNSET
    queryAcqSsn: str | UnsetType = UNSET
    customerName: str | UnsetType = UNSET
    contractNo: str | UnsetType = UNSET
    billQueryResultDataModel: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    filed1: str | UnsetType = UNSET
    filed2: str | UnsetType = UNSET
    filed3: str | UnsetType = UNSET
    filed4: str | UnsetType = UNSET
    filed5: str | UnsetType = UNSET


class OrderRequest(msgspec.Struct):
    """Shape: tranDate is yyyy-MM-dd, unlike the date of a creation."""

    sessionId: str
    orderNo: str
    tranDate: str


class OrderDetail(msgspec.Struct):
    """An order as the enquiry shows it: its `status` is of another table than an `order_status`.

    Units: payAmount in 元; raw, as in `Order`.
    """

    orderNo: str
    status: str | int
    transacNo: str | None = None
    payDate: str | None = None
    payAmount: msgspec.Raw = msgspec.Raw()
    errorCode: str | None = None


class Order(msgspec.Struct):
    """An order as the answer to its creation shows it, and as it is pushed.

    Units: payAmount in 元; raw, because it comes as a string or as a number, and must stay exact.
    """

    merOrderNo: str
    order_status: str | int
    transacNo: str | None = None
    orderDate: str | None = None
    payAmount: msgspec.Raw = msgspec.Raw()
    errorCode: str | None = None
