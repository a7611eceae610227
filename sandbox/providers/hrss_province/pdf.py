"""A PDF of one page with lines of Chinese text, written by hand.

Source: ISO 32000-1, 7.5 (file structure) and 9.7 (composite fonts); the font is the reader's own.
"""

_TOP, _LEFT, _LEADING = 780, 60, 24


def pdf(lines: list[str]) -> bytes:
    shown = " T* ".join(f"<{line.encode('utf-16-be').hex()}> Tj" for line in lines)
    text = f"BT /F1 12 Tf {_LEADING} TL {_LEFT} {_TOP} Td {shown} ET"
    fonts = "<< /Font << /F1 5 0 R >> >>"
    named = "/BaseFont /STSong-Light-UniGB-UTF16-H /Encoding /UniGB-UTF16-H"
    system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >>"
    measures = "/FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93"
    return _file(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources {fonts} >>",
            f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
            f"<< /Type /Font /Subtype /Type0 {named} /DescendantFonts [6 0 R] >>",
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light {system} /FontDescriptor 7 0 R >>",
            f"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 {measures} >>",
        ]
    )


def _file(objects: list[str]) -> bytes:
    """Header, objects, and a table of where each begins."""
    file = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"
    table = "0000000000 65535 f \n"
    for number, each in enumerate(objects, start=1):
        table += f"{len(file):010d} 00000 n \n"
        file += f"{number} 0 obj\n{each}\nendobj\n".encode()
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(file)}\n%%EOF\n"
    return file + f"xref\n0 {size}\n{table}{trailer}".encode()
