"""The main text of pages in several scripts, to the letter."""

from __future__ import annotations

import pytest

from curator.acquire.html import Page, PageExtractor
from curator.errors import RecipeError

CANTONESE = [
    "呢間茶餐廳喺旺角開咗三十年，老闆話租金貴咗好多，不過街坊仲係日日嚟幫襯。",
    "佢哋嘅招牌菜係菠蘿油同埋絲襪奶茶，啲客話冇嘢可以代替。",
]
JAVANESE = [
    "Pasar iku wis ana wiwit jaman biyen, lan saben esuk akeh wong teka saka desa sakiwa tengene.",
    "Bakul-bakul adol sayuran, iwak, lan jajanan sing rasane enak banget.",
]
THAI = [
    "ตลาดแห่งนี้เปิดมาตั้งแต่เช้ามืดทุกวัน ชาวบ้านนำผักสดและปลามาขายให้แก่คนในเมืองมานานหลายสิบปี",
    "แม่ค้าบอกว่าลูกค้าประจำยังกลับมาซื้อของทุกสัปดาห์แม้ว่าราคาจะสูงขึ้นมากก็ตาม",
]
BURMESE = [
    "ဤဈေးသည် နံနက်စောစောကတည်းက ဖွင့်လှစ်ပြီး ရွာသူရွာသားများက ဟင်းသီးဟင်းရွက်များကို လာရောက်ရောင်းချကြသည်။",
    "ဈေးသည်များက ဖောက်သည်များ ပြန်လာကြောင်း ပြောကြသည်။ ဈေးနှုန်းများ တက်သော်လည်း လူစည်ကားဆဲဖြစ်သည်။",
]
ARABIC = [
    "افتتح السوق القديم أبوابه منذ أكثر من مئة عام، وما زال أهل القرية يأتون كل صباح لبيع الخضار.",
    "هل تغيرت الأسعار؟ يقول الباعة إن الزبائن يعودون كل أسبوع رغم ارتفاعها.",
]
BENGALI = [
    "এই বাজারটি প্রায় একশ বছর ধরে চলছে, আর প্রতিদিন সকালে গ্রামের মানুষ এখানে সবজি ও মাছ বিক্রি করতে আসেন।",
    "দোকানিরা বলেন দাম বাড়লেও পুরোনো ক্রেতারা প্রতি সপ্তাহে ফিরে আসেন।",
]
SCRIPTS = [CANTONESE, JAVANESE, THAI, BURMESE, ARABIC, BENGALI]
NAMES = ["Cantonese", "Javanese", "Thai", "Burmese", "Arabic", "Bengali"]

MENU = "".join(
    f'<li><a href="/{i}">{word}</a></li>' for i, word in enumerate(["首頁", "Warta", "ข่าว"])
)


def news(paragraphs: list[str]) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html><html><head><title>市集 | Pasar</title><style>.x{{}}</style></head>
    <body><div class="cookie-consent"><p>We use cookies. By staying you agree to that.</p></div>
    <header><nav><ul>{MENU}</ul></nav></header>
    <article><h1>市集</h1><div class="byline">Siti, 2021</div>{body}
    <div class="share-buttons"><a href="#">Facebook</a> <a href="#">WhatsApp</a></div></article>
    <aside class="related"><h3>More</h3><ul>{MENU}</ul></aside>
    <div id="comments"><p>{paragraphs[1]} 留言</p></div>
    <footer>© 2021 All rights reserved.</footer>
    <script>if (a<b) document.write("<p>x</p>")</script></body></html>"""


def layout_table(paragraphs: list[str]) -> str:
    links = "<BR>".join(f'<A HREF="/{i}.htm">{word}</A>' for i, word in enumerate("甲乙丙丁"))
    body = "<br><br>".join(paragraphs)
    return f"""<HTML><HEAD><TITLE>市集</TITLE></HEAD><BODY bgcolor=#ffffff><TABLE width=760><TR>
    <TD width=160><FONT size=2>{links}</FONT></TD>
    <TD valign=top><B>市集</B><HR>{body}</TD></TR></TABLE>
    <CENTER><FONT size=1>版權所有，不得轉載。</FONT></CENTER></BODY></HTML>"""


@pytest.mark.parametrize("paragraphs", SCRIPTS, ids=NAMES)
@pytest.mark.parametrize("page", [news, layout_table])
def test_paragraphs_of_any_script_come_out_alone_and_whole(page, paragraphs: list[str]) -> None:
    assert PageExtractor().extract(page(paragraphs)) == "\n".join(paragraphs)


@pytest.mark.parametrize("paragraphs", SCRIPTS, ids=NAMES)
def test_every_post_of_a_thread_is_text_and_its_writer_is_not(paragraphs: list[str]) -> None:
    posts = "".join(
        f'<div class="post"><div class="user"><a href="/u/{i}">Siti{i}</a> #{i}</div>'
        f'<div class="msg">{text}</div><div class="act"><a>Quote</a></div></div>'
        for i, text in enumerate([*paragraphs, paragraphs[0][:11].strip()])
    )
    html = f"<body><ul class=menu>{MENU}</ul>{posts}<div class=pager><a>1</a></div></body>"
    assert PageExtractor().extract(html) == "\n".join([*paragraphs, paragraphs[0][:11].strip()])


def only(inner: str, **options) -> str:
    """Text of a page with nothing else on it."""
    return PageExtractor(**options).extract(f"<html><body>{inner}</body></html>")


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<p>我<b>食</b>咗<i>飯</i>喇。</p>", "我食咗飯喇。"),
        ("<p>book <b>咗</b>位</p>", "book 咗位"),
        ("<p>廣東\n   話好<span>\n</span>靚。</p>", "廣東話好靚。"),
        ("<p>Aku\n   mangan <b>sega</b>\ngoreng.</p>", "Aku mangan sega goreng."),
        ("<p>ภาษา<wbr>ไทย และ&shy;อื่น</p>", "ภาษาไทย และอื่น"),
        ("<p>ভাষা<wbr>র&nbsp;নাম</p>", "ভাষার নাম"),
        ("<p>第一行<br>第二行<br/>第三行</p>", "第一行\n第二行\n第三行"),
        ("<p>一段<br><br>二段</p>", "一段\n二段"),
        ("<div>上<div>中</div>下</div>", "上\n中\n下"),
        ("<p>唔該<p>多謝<p>再見", "唔該\n多謝\n再見"),
        ("<ul><li>粥<li>粉<li>麵</ul>", "粥\n粉\n麵"),
        ("<dl><dt>嘢<dd>物件<dt>啲<dd>some</dl>", "嘢\n物件\n啲\nsome"),
        ("<p>&#x5605;&#21674; &amp; &lt;b&gt; &hearts;</p>", "嘅咪 & <b> ♥"),
        ("<p>1 < 2 and 3 > 2</p>", "1 < 2 and 3 > 2"),
        ("<p>書名<廣東話>好靚</p>", "書名<廣東話>好靚"),
        ("<p>　　縮排一段文字。　</p>", "縮排一段文字。"),
        ("<p>好笑<img class=emoji alt='😂' src=x><img alt='a cat' src=y></p>", "好笑😂"),
        ("<ruby>漢<rp>(</rp><rt>hon3</rt><rp>)</rp>字<rt>zi6</rt></ruby>", "漢字"),
        ("<pre>for a:\n    睇\n</pre>", "for a:\n    睇"),
        ("<p>a<!-- > <p>b -->c<!-->d--></p>", "acd-->"),
        ("<p>x<span style='display: none'>y</span><span hidden>z</span>w</p>", "xw"),
        ("<p>維基<sup class=reference><a href=#c>[1]</a></sup>，x<sup>2</sup>。</p>", "維基，x2。"),
        ("<p title='a>b' data-x=\"<p>\">文</p>", "文"),
        ("<select><option>甲<option>乙</select><p>文字</p><button>撳</button>", "文字"),
        ("<p>اللغة <b>العربية</b></p>", "اللغة العربية"),
    ],
)  # fmt: skip
def test_text_is_joined_as_shown(inner: str, text: str) -> None:
    assert only(inner) == text


def test_links_side_by_side_are_words_where_words_are_spaced() -> None:
    assert only("<p>See <a href=a>one</a><a href=b>two</a> or other words here.</p>") == (
        "See one two or other words here."
    )
    assert only("<p>睇<a href=a>香港</a><a href=b>大學</a>嘅網頁就知道佢哋講乜。</p>") == (
        "睇香港大學嘅網頁就知道佢哋講乜。"
    )


def test_rows_of_tables_are_lines_or_left_out() -> None:
    html = "<p>下面係價錢表，大家睇吓先。</p><table><tr><th>菜<th>價<tr><td>奶茶<td>20</table>"
    assert only(html) == "下面係價錢表，大家睇吓先。\n菜 | 價\n奶茶 | 20"
    assert only(html, tables="drop") == "下面係價錢表，大家睇吓先。"


def test_items_and_readings_are_marked_on_demand() -> None:
    assert only("<ul><li>粥<li>粉</ul>", bullets=True) == "- 粥\n- 粉"
    assert only("<ruby>漢<rp>(</rp><rt>hon3</rt><rp>)</rp></ruby>", readings=True) == "漢(hon3)"
    assert only("<ruby>漢<rt>hon3</rt></ruby>字", readings=True) == "漢(hon3)字"


def test_comments_and_captions_are_text_on_demand() -> None:
    page = news(CANTONESE)
    assert "留言" not in PageExtractor().extract(page)
    assert PageExtractor(comments=True).extract(page).endswith("留言")
    figure = (
        f"<figure><img src=x><figcaption>圖：茶餐廳門口</figcaption></figure><p>{CANTONESE[0]}</p>"
    )
    assert only(figure) == CANTONESE[0]
    assert only(figure, captions=True) == f"圖：茶餐廳門口\n{CANTONESE[0]}"


def test_a_page_of_links_has_no_text() -> None:
    links = "".join(f'<li><a href="/{i}">文章標題第{i}號</a></li>' for i in range(40))
    assert only(f"<ul>{links}</ul><p>All rights reserved.</p>") == ""


def test_a_name_that_covers_the_whole_page_is_not_believed() -> None:
    text = "\n".join(CANTONESE)
    inner = "".join(f"<p>{paragraph}</p>" for paragraph in CANTONESE)
    assert only(f'<div class="modal share">{inner}</div>') == text
    assert only(f'<div class="content with-sidebar">{inner}</div>') == text
    assert only(f'<div style="visibility:hidden">{inner}</div>') == text


def test_title_language_and_blocks_are_told() -> None:
    html = (
        '<html lang="zh-HK"><head><title>市集 &amp; 人</title></head><body><h2>開市</h2>'
        f'<p>{CANTONESE[0]}</p><p lang="jv">{JAVANESE[0]}</p></body></html>'
    )
    page = PageExtractor().page(html)
    assert isinstance(page, Page)
    assert (page.title, page.language, page.cut) == ("市集 & 人", "zh-HK", False)
    assert [(block.tag, block.language) for block in page.blocks] == [
        ("h2", "zh-HK"), ("p", "zh-HK"), ("p", "jv"),
    ]  # fmt: skip
    assert page.text == "\n".join(block.text for block in page.blocks)


MANDARIN = "這家餐廳的老闆說，他們在這裡已經開了三十年，現在的租金比以前高了很多，沒有辦法繼續。"


def test_a_mixed_page_keeps_its_cantonese_half() -> None:
    article = "".join(f"<p>{MANDARIN}{i}</p>" for i in range(12))
    html = (
        f"<html lang=zh-TW><body><main><div class=article-body>{article}</div>"
        f"<div class=reader><p>{CANTONESE[0]}</p></div></main></body></html>"
    )
    assert CANTONESE[0] not in PageExtractor().extract(html)
    page = PageExtractor(language="yue").page(html)
    assert page.blocks[-1] == (CANTONESE[0], "p", "yue")
    assert [block.language for block in page.blocks[:-1]] == ["zh-TW"] * 12


def test_wrong_options_are_named() -> None:
    with pytest.raises(RecipeError, match="no language pack 'yeu'; did you mean 'yue'"):
        PageExtractor(language="yeu")
    with pytest.raises(RecipeError, match="'rows' or 'drop', not 'cells'"):
        PageExtractor(tables="cells")  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match="max_characters"):
        PageExtractor(max_characters=0)
