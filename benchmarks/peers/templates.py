"""Pages of a template with other fills, and what web sites put before and after an article.

The sentences are written for this benchmark. Two pages of one template are not copies of each
other: what they say differs, and about half of their characters do. Twins differ in what they are
about alone, as the entries for the months of a calendar or the members of a council do.
"""

from __future__ import annotations

import re

import numpy as np

STUBS: dict[str, tuple[tuple[str, ...], ...]] = {
    "han": (
        (
            "{year}年係公曆平年，以下係呢一年入面發生過嘅大事同埋有關人物嘅簡介。",
            "大事：{month}月{day}號，{place}落咗成個禮拜大雨，浸咗{number}間屋，{name}帶住街坊搶修堤圍。",
            "人口：根據當時嘅戶籍紀錄，大約有{people}人住喺{place2}一帶，多數靠{trade}過日子。",
            "出世：{month2}月，{name2}喺{place2}出世，後尾做咗{trade2}，一世冇離開過屋企。",
            "過身：寫過《{thing}{thing2}記》嘅{name3}喺同一年過身，享年{age}歲。",
            "參考：年表、地方志同埋族譜，內容仲未齊全，歡迎你幫手補充。",
        ),
        (
            "{place}係{place2}入面嘅一條鄉村，喺鎮中心嘅{direction}面，離碼頭大約{number}步路。",
            "根據{year}年嘅人口普查，全村一共有{people}個村民，當中男人比女人多，平均年紀{age}歲。",
            "村入面多數姓{surname}，祖先係{name}，以前靠{trade}搵食，而家出名嘅土產有{thing}同{thing2}。",
            "村口有間{thing3}廟，{year2}年由{name2}出錢起，每年{month}月{day}號都有神功戲睇。",
            "交通方面，可以喺{place3}搭{number2}號車入去，又或者行路，附近仲有其他鄉村。",
        ),
        (
            "小行星{people}係一粒喺火星同木星軌道之間嘅小行星帶入面圍住太陽轉嘅細粒天體。",
            "佢係天文學家{name}喺{year}年{month}月{day}號喺{place}天文台發現嘅，臨時編號係{number}{letter}。",
            "軌道嘅半長軸大約係{month2}.{people2}天文單位，離心率係0.{number2}，公轉周期係{number3}日。",
            "佢嘅直徑估計有{day2}公里左右，反照率0.{age}，光譜類型仲未確定，自轉周期都未知。",
            "個名係用嚟紀念{place2}嘅{trade}{name2}，{year2}年正式公布。",
        ),
        (
            "{place}站係鐵路{place2}綫嘅一個車站，喺{place3}區{direction}面，編號{number}。",
            "車站喺{year}年{month}月{day}號正式啟用，平均每日大約有{people}個乘客出入。",
            "車站有兩個側式月台同埋{month2}個出口，大堂喺地面，設有客務中心、櫃員機同埋洗手間。",
            "附近嘅地方有{thing}街市、{surname}氏宗祠、{place4}公園同埋{thing2}博物館，行路大約{age}分鐘。",
            "頭班車喺朝早{month3}點{day2}分開出，大堂嘅壁畫由{name}設計，{year2}年完成。",
        ),
        (
            "{name}（{year}年{month}月{day}號出世）係一位{place}足球員，司職{direction}路，身高一米{age}。",
            "佢細細個就開始踢波，{month2}歲加入{place2}青年軍，由{name2}做教練，後尾升上一隊。",
            "喺{place3}隊期間，佢一共上陣{number}場，入咗{day2}球，幫球隊攞過{thing}盃冠軍。",
            "{year2}年因為受傷退役，之後轉做{trade}，又喺{place4}開咗間賣{thing2}嘅舖頭。",
            "家庭方面，佢同{name3}結咗婚，有{month3}個仔女。",
        ),
    ),
    "latin": (
        (
            "{place} iku sawijining désa ing kacamatan {place2}, sisih {direction} saka kutha, "
            "kanthi cacah pedunuk watara {people} jiwa ing taun {year}.",
            "Akèh-akèhé warga désa nyambut gawé dadi {trade}, uga nandur {thing} lan {thing2} "
            "ing tegal sing ambané {number} hèktar.",
            "Lurah désa sing saiki jenengé {name}, diangkat tanggal {day} sasi {month} taun "
            "{year2}.",
            "Ing désa iki ana pasar {thing3} sing kabukak saben {age} dina, diadegaké déning "
            "{name2}.",
            "Dalan gedhé menyang {place3} dawané {number2} kilomèter lan wis diaspal kabèh.",
        ),
        (
            "Taun {year} kuwi taun lumrah manut kalèndher, lan kacathet ing babad {place} nalika "
            "{name} dadi {trade} ing {place2}.",
            "Kedadéan: tanggal {day} sasi {month}, banjir gedhé ngrusak {number} omah lan watara "
            "{people} wong kepeksa ngungsi.",
            "Kalairan: {name2} lair ing {place3}, banjur kondhang minangka {trade2} nganti umur "
            "{age} taun.",
            "Rega {thing} mundhak dadi {number2} ringgit saben pikul, mula warga padha mangan "
            "{thing2}.",
            "Artikel babagan taun iki isih cekak, panjenengan bisa mbiyantu njangkepi.",
        ),
        (
            "Stasiun {place} adalah stasiun kereta api yang terletak di jalur {place2}, dibuka "
            "pada {day}-{month}-{year} dan melayani rata-rata {people} penumpang setiap hari.",
            "Bangunan stasiun yang dirancang oleh {name} ini memiliki {month2} peron sepanjang "
            "{number} meter di sisi {direction}.",
            "Tidak jauh dari stasiun terdapat pasar {thing} serta patung {thing2} karya {name2}.",
            "Pada tahun {year2} stasiun ini diperluas dengan biaya {number2} juta rupiah.",
            "Kereta pertama menuju {place3} berangkat pada pukul {month3} lewat {age} menit.",
        ),
    ),
}
"""Templates of stub pages by script: five Cantonese; two Javanese and one Indonesian."""

FILLS: dict[str, dict[str, str]] = {
    "han": {
        "place": "石 榕 沙 龍 鳳 塘 梅 茶 荔 竹 鹿 鶴 白 青 黃 銅 金 牛 馬 蠔 鹽 柴 芒",
        "end": "灣 坑 尾 頭 圍 角 洲 嶺 涌 田 埗 背 塱 崗 磡 瀝 澳 徑 橋 寮",
        "surname": "陳 李 張 黃 何 梁 鄧 廖 侯 彭 文 溫 馮 羅 葉 譚 關 麥 簡 霍",
        "given": "永 志 美 家 麗 國 偉 嘉 慧 展 卓 穎 朗 詠 澤 柏 欣 潤 頌 晴 衍",
        "thing": (
            "蓮藕 陳皮 蝦醬 大澳 木薯 蜆殼 茶果 花燈 銅鑼 龍舟 竹蔗 醬油 麻石 雨傘 "
            "藤籃 菱角 粉葛 白欖 涼茶 鹹魚 缸瓦 皮影 算盤 蠟燭"
        ),
        "trade": "撐艇 打鐵 教書 賣藥 做木 織布 耕田 捉魚 燒炭 釀酒 寫信 補鑊 磨刀 刻章",
        "direction": "東 南 西 北 東南 西南 東北 西北",
    },
    "latin": {
        "place": (
            "Karang Wana Sumber Banyu Kali Watu Gunung Tegal Pandan Jati Sendang Suka Rawa Tirta "
            "Ngadi Bojong Cipta Gedhong"
        ),
        "end": (
            "sari rejo mulya tengah wetan kulon asri agung harja kerta dadi lor kidul mukti "
            "raharja gedhé anyar"
        ),
        "surname": (
            "Suwarno Hadiningrat Prawira Kartika Wibawa Mangkusuma Lestari Darmawan Sastro "
            "Widagdo Purnama Gunadi Rahayu"
        ),
        "given": (
            "Slamet Sri Bagus Endang Joko Ratna Agus Dewi Wahyu Tuti Hendra Ningsih Paijo "
            "Rukmini Yanto"
        ),
        "thing": (
            "jagung tembakau kopi cengkeh gerabah bathik rotan madu beras vanili terasi gula "
            "bambu kecap krupuk tempe kelapa lombok mrica pala"
        ),
        "trade": (
            "nelayan pandhé guru dhalang bakul penenun tukang petani penulis pelukis juragan "
            "penjahit"
        ),
        "direction": "lor kidul wetan kulon tengah timur barat selatan utara",
    },
}
"""What fills the blanks, by script; words with a space between."""

SITES: dict[str, tuple[tuple[str, str], ...]] = {
    "han": (
        (
            "首頁 | 討論區 | 熱門話題 | 會員登入 | 免費註冊\n"
            "而家有{number}人上緊線，今日新帖{people}個\n"
            "你而家嘅位置：首頁 > {thing}吹水台 > 睇帖\n\n",
            "\n\n上一頁 1 2 3 … {age} 下一頁\n讚好（{number}） 回覆（{age}） 舉報呢個帖\n"
            "本台留言只代表網友個人意見，同{place}討論區無關。版權所有 © {year}",
        ),
        (
            "【即時】港聞 兩岸 國際 財經 體育 娛樂 副刊 馬經\n{place}日報 {year}年{month}月{day}日 "
            "星期三 氣溫{age}度\n字體大小：小 中 大　列印　電郵給朋友\n\n",
            "\n\n相關新聞：{thing}價錢再升；{place2}明日封路；{name}奪冠\n下載我們的手機程式，"
            "隨時掌握最新消息。\n關於我們｜私隱政策｜廣告查詢｜聯絡本報",
        ),
        (
            "网站导航：新闻 体育 财经 科技 汽车 房产 教育 旅游 更多>>\n"
            "欢迎来到{place}在线，请登录或者"
            "注册新用户\n当前位置：首页 > 频道 > 正文　浏览次数：{people}\n\n",
            "\n\n责任编辑：{name}　来源：{place}在线　编号{number}\n声明：本站部分内容转载自网络，"
            "如有侵权请与我们联系删除。\n友情链接　网站地图　人才招聘　意见反馈",
        ),
        (
            "{name}嘅網誌 —— 寫下{thing}，食下{thing2}\n"
            "關於我　舊文章（{number}）　留言簿　相簿　RSS\n"
            "{year}-{month}-{day} 分類：日記\n\n",
            "\n\n標籤：{thing}、{thing2}、{place}\n{age}個回應　轉載請註明出處\n"
            "« 上一篇：{thing2}嘅故事　"
            "下一篇：去{place2}行山 »",
        ),
    ),
    "latin": (
        (
            "Beranda | Nasional | Daerah | Ekonomi | Olahraga | Hiburan | Indeks\n{place} Pos - "
            "{day}/{month}/{year} {age}:{day} WIB\nDibaca {people} kali | Bagikan: Facebook "
            "Twitter WhatsApp\n\n",
            "\n\nBaca juga: Harga {thing} naik lagi; {name} terpilih; Jalan {place2} ditutup\n"
            "Editor: {name2}\nTentang Kami | Redaksi | Pedoman Media Siber | Hak cipta {year} "
            "{place} Pos. Dilarang memperbanyak tanpa izin tertulis.",
        ),
        (
            "Kaca Ngarep - Kabar - Sastra - Budaya - Wayang - Kontak\nSugeng rawuh ing {place} "
            "Jawi, panjenengan pamaos kaping {people}\nGoleki tulisan: [        ] Gelar\n\n",
            "\n\nTulisan liyané: Ngolah {thing}, Critané {name}, Mlaku-mlaku menyang {place2}\n"
            "Komentar ({age})   Kirim nganggo layang   Cithak\n© {year} {place} Jawi, kabèh hak "
            "kareksa.",
        ),
        (
            "Laman Utama  Mengenai Kami  Perkhidmatan  Muat Turun  Aduan Awam  Peta Laman\n"
            "Portal Rasmi Majlis Daerah {place} | Kemas kini terakhir: {day}.{month}.{year} | "
            "Saiz teks A A A\n\n",
            "\n\nPenafian: Majlis tidak bertanggungjawab atas sebarang kerugian akibat penggunaan "
            "maklumat di laman ini.\nJumlah pelawat: {people}{number}   Dasar Privasi   Dasar "
            "Keselamatan   Hubungi kami di talian {number2}-{people}",
        ),
        (
            "Tepas  Warta  Carita  Dongéng  Sajak  Buku Tamu\nBlog {name} ti {place}, ngeunaan "
            "{thing} jeung {thing2}\nDipedalkeun {day} {month} {year}\n\n",
            "\n\nBagikeun ka babaturan: Surélék | Citak | PDF\nDipedar ku {name2} dina tabuh "
            "{age}.{day} - {number} koméntar\nSeratan heubeul / Seratan anyar. Dijieun maké téma "
            "{place2}.",
        ),
    ),
}
"""Navigation and footer: Cantonese and Chinese; Indonesian, Javanese, Malay, Sundanese."""

BLANK = re.compile(r"\{(\w+?)(\d?)\}")


def _fill(template: str, script: str, rng: np.random.Generator, known: dict[str, str]) -> str:
    words = FILLS[script]
    joint = "" if script == "han" else " "

    def one(kind: str) -> str:
        if kind == "place":
            return _one(words["place"], rng) + _one(words["end"], rng)
        if kind == "name":
            pieces = [_one(words["surname"], rng), _one(words["given"], rng)]
            if script == "han":
                pieces.append(_one(words["given"], rng))
            return joint.join(pieces)
        if kind in words:
            return _one(words[kind], rng)
        low, high = RANGES[kind]
        number = int(rng.integers(low, high))
        return chr(number) if kind == "letter" else str(number)

    def blank(match: re.Match[str]) -> str:
        if match[0] not in known:
            known[match[0]] = one(match[1])
        return known[match[0]]

    return BLANK.sub(blank, template)


RANGES = {
    "year": (1650, 2022), "month": (1, 13), "day": (1, 29), "people": (101, 98_765),
    "number": (23, 9_876), "age": (11, 97), "letter": (ord("A"), ord("Z") + 1),
}  # fmt: skip
"""Least and first excluded number of each blank that is filled with a number."""


def _one(words: str, rng: np.random.Generator) -> str:
    choices = words.split(" ")
    return choices[int(rng.integers(len(choices)))]


def stub(script: str, rng: np.random.Generator) -> str:
    """Return a page of one of the templates; now and then a sentence is left out."""
    sentences = STUBS[script][int(rng.integers(len(STUBS[script])))]
    known: dict[str, str] = {}
    chosen = [s for n, s in enumerate(sentences) if n == 0 or rng.random() < 0.8]
    joint = "" if script == "han" else " "
    return joint.join(_fill(sentence, script, rng, known) for sentence in chosen)


SUBJECTS = {
    "han": ("{place}", "{name}", "{place}站", "{thing}", "第{number}屆{place}墟"),
    "latin": ("{place}", "{name}", "Pasar {place}", "Stasiun {place}"),
}
"""What pages of one make are about."""


def twins(script: str, passage: list[str], n: int, rng: np.random.Generator) -> list[str]:
    """Return `n` pages that say the same sentences, each of something else.

    What a page is about stands at its beginning and before some of the sentences; every other make
    has a number as well, another one in each page.
    """
    joint = "" if script == "han" else " "
    kind = SUBJECTS[script][int(rng.integers(len(SUBJECTS[script])))]
    again = rng.random(len(passage)) < 0.5
    numbered = rng.random() < 0.5
    pages: dict[str, str] = {}
    while len(pages) < n:
        subject = _fill(kind, script, rng, {})
        number = f"（{_fill('{people}', script, rng, {})}）" if numbered else ""
        told = [subject + joint + s if a else s for s, a in zip(passage, again, strict=True)]
        pages[subject] = (
            f"{subject}{number}" + ("，" if script == "han" else ": ") + joint.join(told)
        )
    return list(pages.values())


def site(script: str, rng: np.random.Generator) -> tuple[str, str]:
    """Return what a web site puts before and after an article."""
    before, after = SITES[script][int(rng.integers(len(SITES[script])))]
    known: dict[str, str] = {}
    return _fill(before, script, rng, known), _fill(after, script, rng, known)
