"""What a PDF of ours says and how it is tagged, read as a reader's program does: by the fonts' maps to Unicode."""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Pdf:
    def __init__(self, raw):
        assert raw.startswith(b"%PDF-1.7")
        self.objects = {int(number): body for number, body in OBJECT.findall(raw)}
        self.catalog = next(each for each in self.objects.values() if b"/Type/Catalog" in each)
        self.metadata = self.stream(int(re.search(rb"/Metadata (\d+)", self.catalog)[1])).decode()
        self.tags = [
            tag.decode()
            for each in self.objects.values()
            for tag in re.findall(rb"/Type/StructElem/S/(\w+)", each)
        ]

    def stream(self, number):
        head, _, body = self.objects[number].partition(b"stream\n")
        body = body.rpartition(b"\nendstream")[0] or body
        return zlib.decompress(body) if b"/FlateDecode" in head else body

    def text(self):
        """All pages, strings joined as they are drawn; a blank for each new run."""
        pages = [each for each in self.objects.values() if b"/Type/Page/" in each]
        return " ".join(self._page(page) for page in pages)

    def _page(self, page):
        resources = self.objects[int(re.search(rb"/Resources (\d+)", page)[1])]
        fonts = re.search(rb"/Font<<(.*?)>>", resources)[1]
        maps = {name: self._map(int(number)) for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", fonts)}
        said, known = [], {}
        content = self.stream(int(re.search(rb"/Contents (\d+)", page)[1]))
        pattern = (
            rb"/(f\d+) [\d.]+ Tf|\[((?:[^\[\]()]|\((?:[^()\\]|\\.)*\))*)\]\s*TJ|(\((?:[^()\\]|\\.)*\))\s*Tj"
        )
        for font, many, one in re.findall(pattern, content, re.DOTALL):
            if font:
                known = maps[font]
                continue
            raw = b"".join(self._plain(each[1:-1]) for each in STRING.findall(many or one))
            said.append(
                "".join(
                    known.get(int.from_bytes(raw[at : at + 2], "big"), "?") for at in range(0, len(raw), 2)
                )
            )
        return " ".join(said)

    def _map(self, font):
        cmap = self.stream(int(re.search(rb"/ToUnicode (\d+)", self.objects[font])[1]))
        found = {}
        for block in re.findall(rb"beginbfchar\n(.*?)endbfchar", cmap, re.DOTALL):
            for code, value in re.findall(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", block):
                found[int(code, 16)] = bytes.fromhex(value.decode()).decode("utf-16-be")
        for block in re.findall(rb"beginbfrange\n(.*?)endbfrange", cmap, re.DOTALL):
            for low, high, value in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
                for step, code in enumerate(range(int(low, 16), int(high, 16) + 1)):
                    found[code] = chr(int(value, 16) + step)
        return found

    @staticmethod
    def _plain(raw):
        def shown(match):
            rest = match[1]
            return bytes([int(rest, 8)]) if rest[:1].isdigit() else ESCAPES.get(rest, rest)

        return re.sub(rb"\\([0-7]{1,3}|.)", shown, raw, flags=re.DOTALL)
