"""Made-up runs (those of the comparison's tests) as a page."""

import json
import re
from pathlib import Path

from elec576.comparison.comparison import compare
from elec576.page.page import page_text


def built(results: Path) -> str:
    """The page of the runs in ``results``, written to its index.html too."""
    text = page_text(compare(results))
    (results / 'index.html').write_text(text, encoding='utf-8')
    return text


def data_of(page: str) -> dict:
    """What the page's charts draw."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>',
                                page, re.DOTALL)[1])
