"""Codes in the platform's words, and the refusal that carries one."""

SUCCESS = 0
MISSING = 1001
UNKNOWN_CALLER = 1002
BAD_SIGNATURE = 1003
BAD_TIMESTAMP = 1004
UNKNOWN_METHOD = 1005
MALFORMED = 1006
NO_SUCH_ORDER = 2001
NO_SUCH_GOODS = 3001
OFF_SALE = 3002
OUT_OF_STOCK = 3003
BAD_ACCOUNT = 3004
PRICE_ROSE = 3005
DUPLICATE = 3006
UNSURE = 3007
NO_BALANCE = 3008
UNMAPPED = 7777

MESSAGES = {
    SUCCESS: "接口调用成功",
    MISSING: "缺少必要参数",
    UNKNOWN_CALLER: "无效的app_key",
    BAD_SIGNATURE: "签名错误",
    BAD_TIMESTAMP: "时间戳格式错误",
    UNKNOWN_METHOD: "接口不存在",
    MALFORMED: "业务参数格式错误",
    NO_SUCH_ORDER: "订单不存在",
    NO_SUCH_GOODS: "商品不存在",
    OFF_SALE: "商品已下架或维护中",
    OUT_OF_STOCK: "商品库存不足",
    BAD_ACCOUNT: "充值信息有误",
    PRICE_ROSE: "采购价高于客户可接受价",
    DUPLICATE: "外部订单号已存在",
    UNSURE: "系统繁忙，受理结果未知，请查询订单",
    NO_BALANCE: "账户余额不足",
    UNMAPPED: "渠道状态待定",
}


class Refused(Exception):
    """The platform says no, with a code of its table."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = f"{MESSAGES[code]}：{detail}" if detail else MESSAGES[code]
