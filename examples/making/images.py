"""Scanned pages and drawings: images that look as if they came from paper, the same at every run."""

import io
import random
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

FONTS = Path(__file__).resolve().parents[2] / "preservation" / "printing" / "fonts"
_TILE = 256


def scan_jpeg(page: Image.Image, seed: int, dpi: int) -> tuple[bytes, int, int]:
    """Return the page as a slightly crooked, grainy JPEG, with its width and height."""
    scanned = _on_paper(page, seed)
    out = io.BytesIO()
    scanned.save(out, "JPEG", quality=38, dpi=(dpi, dpi), optimize=True)
    return out.getvalue(), *scanned.size


def scan_tiff(page: Image.Image, seed: int, dpi: int) -> bytes:
    """Return the page as a black-and-white TIFF, as office scanners write it."""
    out = io.BytesIO()
    grey = _on_paper(page, seed).convert("L").point(lambda value: 255 if value > 150 else 0)
    grey.convert("1").save(out, "TIFF", compression="group4", dpi=(dpi, dpi))
    return out.getvalue()


def parcel_map(title: str, parcels: tuple[tuple[str, str], ...], seed: int, kind: str) -> bytes:
    """Return a sketch of a cadastral map with numbered parcels, as PNG or JPEG."""
    picture = Image.new("RGB", (1100, 780), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, 1080, 760), outline="black", width=3)
    draw.text((550, 60), title, font=_font(30), fill="black", anchor="mm")
    draw.polygon([(60, 640), (1040, 560), (1040, 610), (60, 690)], outline="black", fill="#e8e4d8")
    draw.text((550, 628), "Đường liên thôn", font=_font(22), fill="black", anchor="mm")
    left = 90
    for number, (name, area) in enumerate(parcels):
        width = 200 + 25 * (number % 3)
        draw.polygon(
            [(left, 150), (left + width, 170), (left + width, 560 - number * 8), (left, 600 - number * 10)],
            outline="black",
            width=3,
        )
        draw.text((left + width / 2, 340), name, font=_font(24), fill="black", anchor="mm")
        draw.text((left + width / 2, 385), area, font=_font(20), fill="black", anchor="mm")
        left += width
    draw.text((550, 730), "Bản vẽ minh họa, không dùng làm căn cứ pháp lý", font=_font(18), fill="#555", anchor="mm")
    out = io.BytesIO()
    if kind == "PNG":
        picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(out, "PNG", optimize=True, dpi=(150, 150))
    else:
        _on_paper(picture, seed).save(out, "JPEG", quality=55, dpi=(150, 150), optimize=True)
    return out.getvalue()


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / "LiberationSerif-Regular.ttf"), size, layout_engine=ImageFont.Layout.BASIC)


def _on_paper(page: Image.Image, seed: int) -> Image.Image:
    chance = random.Random(seed)
    paper = (251, 249, 243)
    turned = page.rotate(chance.uniform(-0.5, 0.5), Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    tinted = ImageChops.multiply(turned, Image.new("RGB", page.size, paper))
    tile = Image.frombytes("L", (_TILE, _TILE), bytes(chance.randrange(0, 9) for _ in range(_TILE * _TILE)))
    grain = Image.new("L", page.size)
    for x in range(0, page.width, _TILE):
        for y in range(0, page.height, _TILE):
            grain.paste(tile, (x, y))
    return ImageChops.subtract(tinted, Image.merge("RGB", (grain, grain, grain)))
