"""Codes in the platform's words, and the refusal that carries one."""

SUCCESS = 0
MALFORMED = 1001
UNREADABLE = 1002
NO_SUCH_CHANNEL = 1003
NO_SUCH_APPLICATION = 1004
NOT_AUTHORISED = 1005
ORDER_NUMBER_TAKEN = 1006
NO_SUCH_ORDER = 1007
NO_SUCH_LOAN = 1008
BAD_AMOUNT = 1009
DUPLICATE_CUSTOMER = 2001
NOT_ADMITTED = 2002
QUOTA_SPENT = 2003
ANOTHER_MOBILE = 2004
NO_CREDIT = 2005
CREDIT_EXPIRED = 2006
ALREADY_APPLIED = 2007
DECLINED = 2008
UNMAPPED = 7777

MESSAGES = {
    SUCCESS: "成功",
    MALFORMED: "参数错误",
    UNREADABLE: "解密失败",
    NO_SUCH_CHANNEL: "渠道不存在",
    NO_SUCH_APPLICATION: "申请单不存在或已失效",
    NOT_AUTHORISED: "用户未授权",
    ORDER_NUMBER_TAKEN: "订单号已被其他请求使用",
    NO_SUCH_ORDER: "订单不存在",
    NO_SUCH_LOAN: "借据不存在",
    BAD_AMOUNT: "金额不符合规则",
    DUPLICATE_CUSTOMER: "重复用户",
    NOT_ADMITTED: "不符合准入条件",
    QUOTA_SPENT: "当日撞库量已达上限",
    ANOTHER_MOBILE: "手机号与撞库信息不一致",
    NO_CREDIT: "授信未通过",
    CREDIT_EXPIRED: "授信已过期",
    ALREADY_APPLIED: "申请单已进件",
    DECLINED: "业务拒绝",
    UNMAPPED: "状态待确认",
}


class Refused(Exception):
    """The platform says no, with a code of its table."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = f"{MESSAGES[code]}：{detail}" if detail else MESSAGES[code]
