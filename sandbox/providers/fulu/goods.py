"""The catalogue: what can be charged or bought, its price in yuan, its stock and its fields. Names are made up."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.providers.fulu.codes import NO_SUCH_GOODS, OFF_SALE, OUT_OF_STOCK, Refused
from sandbox.providers.fulu.magic import Situation
from sandbox.providers.fulu.words import number

DIRECT, CARD, MOBILE = "直充", "卡密", "话费"
ORDER_TYPES = {MOBILE: 1, CARD: 3, DIRECT: 4}
MOBILE_VALUES = (10, 20, 30, 50, 100, 200, 300, 500)
_MOBILE_RATE = Decimal("0.985")
_SCARCE = 10
_GAME = "game"
_ACCOUNT = ("charge_account", "充值账号")
_TEMPLATES = {
    "account": (_ACCOUNT,),
    _GAME: (_ACCOUNT, ("charge_game_region", "游戏大区"), ("charge_game_srv", "游戏服务器")),
}


@dataclass(frozen=True, slots=True)
class Goods:
    """`charged` is what an order costs where the list lags behind; prices are for one piece."""

    product_id: int
    name: str
    kind: str
    face_value: int
    price: Decimal
    stock: int = 999
    on_sale: bool = True
    template: str = "account"
    charged: Decimal | None = None
    situation: Situation | None = None

    def check(self, buy_num: int) -> None:
        """Raises: Refused, if so many are not for sale."""
        if not self.on_sale:
            raise Refused(OFF_SALE)
        if buy_num > self.stock:
            raise Refused(OUT_OF_STOCK)

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Name and label of what an order must carry."""
        return _TEMPLATES[self.template] if self.kind == DIRECT else ()


_CATALOGUE = (
    Goods(10000001, "影视会员月卡", DIRECT, 30, Decimal("27.9000")),
    Goods(10000002, "音乐会员季卡", DIRECT, 45, Decimal("40.5125")),
    Goods(10000003, "游戏点券1000点", DIRECT, 100, Decimal("95.1250"), template=_GAME),
    Goods(10000011, "超市购物卡50元", CARD, 50, Decimal("48.5000")),
    Goods(10000012, "咖啡代金券30元", CARD, 30, Decimal("24.8825"), stock=5),
    Goods(10000021, "阅读会员月卡", DIRECT, 20, Decimal("18.0000"), stock=0),
    Goods(10000022, "加油卡100元", CARD, 100, Decimal("99.2000"), stock=0),
    Goods(10000023, "网盘会员年卡", DIRECT, 298, Decimal("270.0000"), on_sale=False),
    Goods(10000024, "运动会员月卡", DIRECT, 25, Decimal("19.9000"), charged=Decimal("21.9000")),
    Goods(10000031, "电影兑换券", CARD, 40, Decimal("33.3333"), situation=Situation.PARTIAL),
    Goods(10000032, "面包代金券", CARD, 20, Decimal("17.0000"), situation=Situation.CARDS_LATE),
    Goods(10000033, "鲜花代金券", CARD, 60, Decimal("55.0000"), situation=Situation.CARDS_NEVER),
)
_BY_ID = {str(each.product_id): each for each in _CATALOGUE}


def goods_of(content: dict[str, Any], kind: str | None = None) -> Goods:
    """The goods of `product_id`, with or without quotes.

    Raises: Refused, if there are none of this kind.
    """
    found = _BY_ID.get(str(content.get("product_id")))
    if found is None or kind not in (None, found.kind):
        raise Refused(NO_SUCH_GOODS)
    return found


def mobile_goods(value: int) -> Goods:
    """A top-up of the mobile number itself, which is in no list.

    Raises: Refused, if there is no such face value.
    """
    if value not in MOBILE_VALUES:
        raise Refused(NO_SUCH_GOODS, "charge_value")
    return Goods(10000090, f"全国话费{value}元", MOBILE, value, value * _MOBILE_RATE)


def listed(content: dict[str, Any]) -> list[dict[str, Any]]:
    """What fits `product_id`, `product_name` and `product_type`, whichever are given."""
    product_id, name, kind = (str(content.get(key) or "") for key in ("product_id", "product_name", "product_type"))
    return [
        shown(each)
        for each in _CATALOGUE
        if product_id in ("", str(each.product_id)) and name in each.name and kind in ("", each.kind)
    ]


def shown(goods: Goods) -> dict[str, Any]:
    return {
        **_priced(goods),
        "sales_status": "上架" if goods.on_sale else "下架",
        "template_id": goods.template if goods.kind == DIRECT else None,
        "details": "兑换后不退不换",
    }


def stock_of(goods: Goods, buy_num: int) -> dict[str, Any]:
    status = "断货" if goods.stock < buy_num else "警报" if goods.stock < _SCARCE else "充足"
    return {**_priced(goods), "stock": goods.stock, "stock_status": status}


def template_of(template_id: str) -> dict[str, Any]:
    """Raises: Refused, if there is none."""
    if template_id not in _TEMPLATES:
        raise Refused(NO_SUCH_GOODS, "template_id")
    fields = [{"name": name, "label": label, "required": True} for name, label in _TEMPLATES[template_id]]
    return {"template_id": template_id, "fields": fields}


def _priced(goods: Goods) -> dict[str, Any]:
    return {
        "product_id": goods.product_id,
        "product_name": goods.name,
        "product_type": goods.kind,
        "face_value": goods.face_value,
        "purchase_price": number(goods.price),
    }
