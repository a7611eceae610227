"""Codes in the platform's words, and the refusal that carries one. The real table is not public; this one is ours."""

SUCCESS = "0000"
ACCEPTED = "0001"
BAD_SIGNATURE = "E1001"
BAD_TIME = "E1002"
SEALED_BADLY = "E1003"
NO_SUCH_API = "E1004"
MALFORMED = "E2001"
DUPLICATE = "E2002"
NO_SUCH_REQUEST = "E2003"
NO_SUCH_PERSON = "E3001"
NAME_MISMATCH = "E3002"
NO_CARD = "E3003"
WRONG_SIGN_NO = "E3004"
ISSUED_ELSEWHERE = "E3005"
NO_PHYSICAL_CARD = "E3006"
DECLINED = "E3007"
QR_USED = "E4001"
QR_EXPIRED = "E4002"
QR_UNKNOWN = "E4003"
QR_OTHER_PURPOSE = "E4004"
UNMAPPED = "E7777"

MESSAGES = {
    SUCCESS: "成功",
    ACCEPTED: "已受理",
    BAD_SIGNATURE: "验签失败",
    BAD_TIME: "时间戳已失效",
    SEALED_BADLY: "security解密失败",
    NO_SUCH_API: "接口不存在",
    MALFORMED: "参数缺失或格式错误",
    DUPLICATE: "业务流水号重复",
    NO_SUCH_REQUEST: "业务流水号不存在",
    NO_SUCH_PERSON: "未查到人员信息",
    NAME_MISMATCH: "姓名与证件号码不一致",
    NO_CARD: "未签发电子社保卡",
    WRONG_SIGN_NO: "签发号不符",
    ISSUED_ELSEWHERE: "已在其他地区签发",
    NO_PHYSICAL_CARD: "未持有实体社保卡",
    DECLINED: "社保卡状态异常，不能办理",
    QR_USED: "二维码已使用",
    QR_EXPIRED: "二维码已过期",
    QR_UNKNOWN: "二维码无效",
    QR_OTHER_PURPOSE: "二维码用途不符",
    UNMAPPED: "平台状态待定",
}


class Refused(Exception):
    """The platform says no, with a code of its table."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = f"{MESSAGES[code]}：{detail}" if detail else MESSAGES[code]
