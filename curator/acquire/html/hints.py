"""What names of classes and ids say about a part of a page.

The words are those that templates of content management systems use in every language: names in
markup are English even where the text is not.
"""

from __future__ import annotations

import re
from functools import lru_cache

NOTHING, STRONG, WEAK, CAPTION, COMMENT, CONTENT, BODY, HIDDEN = range(8)
"""No hint; surely or perhaps boilerplate; a caption; readers' comments; perhaps or surely the main
text; not shown."""

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WANTED = re.compile(
    r"""(?:^|\s)(class|id|role|itemprop|style|hidden|aria-hidden)"""
    r"""(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?(?=[\s/]|$)""",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_ROLES = {
    "navigation": STRONG, "complementary": STRONG, "contentinfo": STRONG,
    "dialog": STRONG, "alertdialog": STRONG, "search": STRONG,
    "menu": STRONG, "menubar": STRONG, "toolbar": STRONG, "tablist": STRONG,
    "banner": STRONG, "button": STRONG, "tooltip": STRONG, "alert": STRONG,
    "main": CONTENT, "article": CONTENT,
}  # fmt: skip


def _words(*lists: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z])(?<!with-)(?<!has-)(?<!no-)(?<!one-)(?<!two-)(?:{'|'.join(lists)})(?![a-z])"
    )


_COMMENT = _words("comments?", "commentlist", "commenttext", "disqus|respond|livefyre|replies")

_STRONG = _words(
    "nav|navi|navbar|navbox|navigation|navlinks?|subnav|topnav|menus?|submenu|mainmenu|menubar",
    "breadcrumbs?|crumbs?|pager|pagers|pagination|paging|pagenav|prevnext|toc|skip|skiplink",
    "sidebar|side-bar|sidebars|footer|footers|foot|masthead|topbar|next-prev|prev-next",
    "cookies?|consent|gdpr|ccpa|onetrust|popup|popups|modal|overlay|lightbox|cli",
    "outbrain|taboola|zergnet|addthis|addtoany|sharedaddy|adsbygoogle|off-canvas",
)

_WEAK = _words(
    "widgets?|toolbar|toolbox",
    "related|relateds?|relatedposts?|recommend|recommended|recommendations?|readmore|read-more",
    "also|more-?stories|more-?news|more-?from|most-?read|most-?popular|popular|trending|latest",
    "teasers?|promos?|promotions?|sponsor|sponsors|sponsored|advert|recent",
    "adverts?|advertisements?|advertising|ads?|dfp|gpt|banners?|cta",
    "share|shares|sharing|share-?tools|sharebar|sharebox|social|socials",
    "follow|followus|newsletter|newsletters|subscribe",
    "subscription|signup|sign-up|optin|mailchimp|paywall|notification|notifications",
    "tags?|tagcloud|tag-?list|keywords?|categories|catlinks|topics",
    "postmeta|postmetadata|post-?meta|entry-?meta|article-?meta|meta|metadata|byline|bylines|author",
    "authors?|author-?bio|bio|dateline|timestamp|post-?date|pubdate|published|posted-?on",
    "copyright|copy-right|disclaimer|legal|licen[cs]e",
    "gallery|slideshow|carousel|slider|thumbs?|thumbnails?|infobox",
    "editsection|mw-editsection|reference|noprint|mw-jump-link|jump|siteSub|sitesub|print-?only",
    "rating|ratings|vote|votes|likes?|login|log-?in|register|search|searchbox|search-?form",
    "survey|poll|jwplayer|transcript-?link|print|email|tools|actions?|act|buttons?|btn",
    "userinfo|user-?info|user|username|signature|sig|profile|avatar|poster|post-?author",
)

_BODY = _words(
    "article-?body|article-?content|article-?text|article-?copy|article--body|article--content",
    "entry-?content|entry-?body|post-?content|post-?body|post-?text|story-?body|blog-?content",
    "story-?content|story-?text|body-?copy|body-?text|page-?content|news-?text|story-content",
    "content-?body|mw-parser-output|rich-?text|text-?content|field-?body|field-name-body",
    "article-main|news-?body|news-?content|detail-?content|single-?content|article-main",
)

_CONTENT = _words(
    "main-?content|content-?main|article|msg|message|postmessage|message-?body|usertext|blog-?post",
)

_CAPTION = _words("images?|photos?|pictures?|img|pic|captions?|wp-caption-text|figure|credits?")

_EMBED = _words("embed|embedded|embeds|tweet|twitter-tweet|quote|blockquote|pullquote")

_HIDDEN = re.compile(
    r"(?<!\S)(?:sr-only|screen-reader(?:-text)?|visually-?hidden|element-invisible|offscreen"
    r"|hide|hidden|invisible|js-hidden|is-hidden|noscript)(?!\S)"
)


def hint(attributes: str) -> int:
    """Return what a tag's attributes, as written, say of its content: one of the values above."""
    return _remembered(attributes) if len(attributes) < 400 else _read(attributes[:2000])


def _read(attributes: str) -> int:
    found = NOTHING
    for name, double, single, bare in _WANTED.findall(attributes):
        value, name = double or single or bare, name.lower()
        if name == "hidden":
            return HIDDEN
        if name == "style":
            if _INVISIBLE.search(value):
                return HIDDEN
        elif name == "aria-hidden":
            if value == "true":
                return HIDDEN
        elif name == "role":
            found = found or _ROLES.get(value.lower(), NOTHING)
        elif name == "itemprop":
            if value.lower() in ("articlebody", "reviewbody"):
                return BODY
        else:
            found = _named(value) or found
    return found


_remembered = lru_cache(maxsize=8192)(_read)


def _named(value: str) -> int:
    value = _HUMP.sub("-", value).lower().replace("_", "-")
    if _HIDDEN.search(value):
        return HIDDEN
    if _BODY.search(value):
        return BODY
    if _EMBED.search(value):
        return NOTHING
    if _COMMENT.search(value):
        return COMMENT
    if "hentry" in value or "type-post" in value:
        return CONTENT
    if _STRONG.search(value):
        return STRONG
    if _WEAK.search(value):
        return WEAK
    if _CAPTION.search(value):
        return CAPTION
    if _CONTENT.search(value):
        return CONTENT
    return NOTHING
