"""Response codes in the partner's words, and the refusal that carries one."""

SUCCESS = "0000"
BAD_SIGNATURE = "1001"
BAD_SESSION = "1002"
MALFORMED = "1003"
DUPLICATE = "1004"
NO_SUCH_ORDER = "1005"
UNMAPPED = "UNK7777"

MESSAGES = {
    SUCCESS: "成功",
    BAD_SIGNATURE: "验签失败",
    BAD_SESSION: "会话无效或已过期",
    MALFORMED: "报文格式错误",
    DUPLICATE: "商户订单号重复",
    NO_SUCH_ORDER: "订单不存在",
    UNMAPPED: "渠道状态待定",
    "NPP0003": "系统异常",
    "NPP0004": "业务未开通",
    "NPP0005": "系统超时",
    "NPP0006": "备付金不足",
    "NPP0008": "交易已受理",
    "DEF0001": "未查到记录",
    "DEF0002": "未欠费",
    "DEF0003": "与第三方通讯失败",
    "DEF0004": "不在受理时间内",
    "DEF0005": "不在缴费时间内",
    "DEF0006": "业务状态不正常",
    "DEF0008": "预存金额过小",
    "DEF0009": "金额超限",
    "DEF0010": "用户号不存在",
    "DEF0013": "金额不符合规则",
    "DEF0018": "银行批扣中，暂不能查询或缴费",
}


class Refused(Exception):
    """The partner says no, with a code of its table."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = f"{MESSAGES[code]}：{detail}" if detail else MESSAGES[code]
