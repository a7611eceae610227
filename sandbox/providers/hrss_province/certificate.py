"""The certificate of contributions: a PDF as Base64, a code to verify it by, and an end."""

from base64 import b64encode
from hashlib import sha256

from sandbox.providers.hrss_province.china import month, months, stamp
from sandbox.providers.hrss_province.codes import MALFORMED, NOT_INSURED, Refused
from sandbox.providers.hrss_province.fields import AREAS, KINDS
from sandbox.providers.hrss_province.pdf import pdf
from sandbox.providers.hrss_province.record import Record
from sandbox.stand.moment import now


def certificate(record: Record, fields: dict[str, str], valid_seconds: float) -> dict[str, str]:
    """Of the months that were asked for and contributed in.

    Raises: Refused, if the months are out of order, in the future, or without a contribution.
    """
    begin, end = months(fields["AAE041"]), months(fields["AAE042"])
    if begin > end:
        raise Refused(MALFORMED, "AAE041")
    if end > record.end + 1:
        raise Refused(MALFORMED, "AAE042")
    begin, end = max(begin, record.begin), min(end, record.end)
    if begin > end:
        raise Refused(NOT_INSURED)
    today, until = stamp(now()), stamp(now() + valid_seconds)
    what = "|".join([record.aac002, fields["AAB301"], fields["AAE140"], month(begin), month(end), today[:8]])
    mark = sha256(f"certificate {what}".encode()).hexdigest().upper()
    shown = {
        "certNo": f"{fields['AAB301']}{today[:8]}{int(mark, 16) % 10**8:08d}",
        "verifyCode": mark[:12],
        "validUntil": until,
        "AAE140": fields["AAE140"],
        "AAE041": month(begin),
        "AAE042": month(end),
    }
    return {**shown, "fileType": "pdf", "fileContent": b64encode(_document(record, fields, shown)).decode()}


def _document(record: Record, fields: dict[str, str], shown: dict[str, str]) -> bytes:
    area = fields["AAB301"]
    return pdf(
        [
            "社会保险缴费证明（模拟）",
            f"证明编号：{shown['certNo']}",
            f"姓名：{fields['AAC003']}",
            f"证件号码：{record.aac002}",
            f"参保地区：{AREAS.get(area) or AREAS[area[:4] + '00']}（{area}）",
            f"险种：{KINDS[shown['AAE140']]}",
            f"缴费起止年月：{shown['AAE041']} - {shown['AAE042']}",
            f"单位编号：{record.unit}",
            f"验证码：{shown['verifyCode']}",
            f"有效期至：{shown['validUntil']}",
        ]
    )
