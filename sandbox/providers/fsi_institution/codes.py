"""What an infcode other than 0 says. The facts name none: all numbers are inferred."""

HEADERS, ENVELOPE, SIGN_NO, FIELD = 1001, 1002, 1003, 1004
PERSON, INSUPLC, VISIT, AMOUNTS, DUPLICATE = 2001, 2002, 2003, 2004, 2005
NOT_REVERSIBLE, NO_RECORD, DECLINED, SUSPENDED, TOKEN = 2006, 2007, 2008, 2009, 2010
TIMEOUT, UNHEARD_OF = 9999, 777

_MESSAGES = {
    HEADERS: "网关签名无效、时间超出允许范围或随机数重复",
    ENVELOPE: "交易报文头错误",
    SIGN_NO: "未签到或签到已失效",
    FIELD: "交易输入缺失或格式错误",
    PERSON: "未查询到参保人员信息",
    INSUPLC: "参保地医保区划缺失或与人员不符",
    VISIT: "就诊信息不存在",
    AMOUNTS: "费用金额不符",
    DUPLICATE: "重复结算",
    NOT_REVERSIBLE: "该结算已退费或不允许冲正",
    NO_RECORD: "结算信息不存在",
    DECLINED: "医保基金拒付",
    SUSPENDED: "参保状态异常",
    TOKEN: "电子凭证令牌无效、已使用或已过期",
    TIMEOUT: "调用超时",
    UNHEARD_OF: "???",
}


class Refused(Exception):
    """The platform says no, with an infcode and an err_msg."""

    def __init__(self, code: int, about: str = "") -> None:
        super().__init__(f"{_MESSAGES[code]}：{about}" if about else _MESSAGES[code])
        self.code = code
