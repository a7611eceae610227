"""Business codes in the office's words, and the refusal that carries one. All of them are ours."""

SUCCESS = "0"
BAD_SIGNATURE = "1001"
BAD_TIME = "1002"
MALFORMED = "2001"
DUPLICATE = "2002"
NO_SUCH_APPLICATION = "2003"
OTHER_PROVINCE = "2004"
NO_SUCH_PERSON = "3001"
NAME_MISMATCH = "3002"
NO_CARD = "3003"
NOT_INSURED = "3004"
ISSUED_ELSEWHERE = "3005"
DECLINED = "3006"
UNMAPPED = "7777"

MESSAGES = {
    SUCCESS: "成功",
    BAD_SIGNATURE: "签名错误或应用未授权",
    BAD_TIME: "时间戳失效或随机串重复",
    MALFORMED: "参数缺失或格式错误",
    DUPLICATE: "业务流水号重复",
    NO_SUCH_APPLICATION: "业务流水号不存在",
    OTHER_PROVINCE: "非本省经办地区",
    NO_SUCH_PERSON: "未查到人员信息",
    NAME_MISMATCH: "姓名与证件号码不一致",
    NO_CARD: "未领取电子社保卡",
    NOT_INSURED: "无参保缴费记录",
    ISSUED_ELSEWHERE: "已在其他地区领取",
    DECLINED: "业务状态异常，不予受理",
    UNMAPPED: "系统状态待定",
}


class Refused(Exception):
    """The office says no, with a code of its table."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = f"{MESSAGES[code]}：{detail}" if detail else MESSAGES[code]
