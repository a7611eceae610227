"""The first two layers of a verdict: what the protocol says, and what the business says. All numbers are inferred."""

SUCCESS = "成功"
BAD_HEADERS, MALFORMED, BAD_BODY, BAD_SIGNATURE = 1001, 1002, 1003, 1004
_PROTOCOL = {
    BAD_HEADERS: "网关签名无效、时间超出允许范围或随机数重复",
    MALFORMED: "报文格式错误",
    BAD_BODY: "报文解密失败",
    BAD_SIGNATURE: "验签失败",
}

FIELD, AMOUNTS, PERSON, TOKEN, AUTHORISATION = "2001", "2002", "2003", "2004", "2005"
NO_ORDER, WRONG_STATE, TOO_MUCH, DUPLICATE, INACTIVE = "2006", "2007", "2008", "2009", "2010"
DECLINED, NO_REFUND, UNHEARD_OF = "2011", "2012", "7777"
_BUSINESS = {
    FIELD: "必填字段缺失或格式错误",
    AMOUNTS: "金额不符",
    PERSON: "人员信息不存在或不一致",
    TOKEN: "电子凭证令牌无效、已使用、已过期或业务类型不符",
    AUTHORISATION: "支付授权码无效",
    NO_ORDER: "订单不存在",
    WRONG_STATE: "订单状态不允许该操作",
    TOO_MUCH: "退款金额超过原支付金额",
    DUPLICATE: "流水号重复且内容不一致",
    INACTIVE: "电子凭证未激活",
    DECLINED: "医保中心拒绝支付",
    NO_REFUND: "退款不存在",
    UNHEARD_OF: "???",
}


class Unverified(Exception):
    """The protocol's no: nothing that was said is believed, and the answer is not sealed."""

    def __init__(self, code: int) -> None:
        super().__init__(_PROTOCOL[code])
        self.code = code


class Refused(Exception):
    """The business's no, sealed like any answer."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{_BUSINESS[code]}：{about}" if about else _BUSINESS[code])
        self.code = code
