"""The page in a real browser: headless Chromium, driven by Playwright, checked by axe-core."""

import shutil

import pytest
from made_up import write_run, write_runs, write_step_0
from pages import built

pytestmark = pytest.mark.slow
playwright = pytest.importorskip('playwright.sync_api')
axe = pytest.importorskip('axe_playwright_python.sync_playwright')

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
WIDE, NARROW = {'width': 1280, 'height': 800}, {'width': 390, 'height': 844}
EVERYTHING = ('wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice')


@pytest.fixture(scope='module')
def browser():
    """A headless Chromium that is already installed."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f'no browser: none of {", ".join(BROWSERS)} is installed')
    # as root, and in containers without much shared memory, Chromium needs these
    flags = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu',
             '--disable-background-networking', '--disable-component-update']
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    """Five seeds of everything, where some of the report's numbers are far out."""
    results = write_runs(tmp_path_factory.mktemp('browser') / 'results')
    for seed in range(5):
        write_run(results, 'cnn2', seed, {('train_loss', 2000): 3 + 0.01 * seed})
    built(results)
    return results


@pytest.fixture(scope='module')
def few(tmp_path_factory):
    """Four seeds of some experiments: a page with all of its parts, looked through quickly."""
    results = write_runs(tmp_path_factory.mktemp('few') / 'results',
                         ('cnn-vis', 'gru-50', 'gru-128', 'evidence-bias-0'), seeds=4)
    write_step_0(results)
    built(results)
    return results


@pytest.fixture
def opened(browser, results):
    """Open the page in a window of a size and scheme; no errors, no network requests."""
    contexts, complaints = [], []

    def open_page(size=WIDE, scheme='light', folder=results, **options):
        context = browser.new_context(viewport=size, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        address = (folder / 'index.html').resolve().as_uri()
        page.on('console', lambda message: complaints.append(f'console: {message.text}'))
        page.on('pageerror', lambda error: complaints.append(f'error: {error}'))
        page.on('request', lambda request: complaints.append(f'request: {request.url}')
                if request.url.split('#')[0] != address and request.url != 'data:,' else None)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def draw_everything(page):
    """Charts are drawn when they near the screen; have all of them drawn, as printing has."""
    page.evaluate('dispatchEvent(new Event("beforeprint")); dispatchEvent(new Event("afterprint"))')


def shown_rows(page):
    return page.evaluate('[...document.querySelectorAll("#all-numbers tbody tr")]'
                         '.filter(row => row.checkVisibility())'
                         '.map(row => Number(row.dataset.key))')


def marks(page):
    return page.locator('.plot.numbers g[aria-label=dot] path').count()


def test_it_opens_from_disk_and_draws_every_chart(opened):
    page = opened()
    assert page.title() == 'The report, tested'
    draw_everything(page)
    plots = page.locator('.plot').count()
    # 23 experiments with two curves each, 11 of them with filters; overview, hidden units, evidence
    assert plots == 23 * 2 + 11 + 1 + 2 + 6 + 6
    assert page.locator('.plot > svg, .plot > figure').count() == plots
    assert page.locator('#cnn4 .plot.filters rect').count() == 32 * 25
    assert page.locator('#cnn4 .plot.curves >> nth=0').locator(
        'g[aria-label=line] path').count() == 2 * (5 + 1)


def test_the_first_screen_says_it_all(opened):
    for size in (WIDE, NARROW):
        page = opened(size)
        bottom = page.locator('.headline').bounding_box()
        assert bottom['y'] + bottom['height'] <= size['height']
        for word in ('compatible', 'supported', 'contradicted', 'practically equal', 'undecided',
                     'seeds'):
            assert word in page.locator('#summary').inner_text()


def test_filters_change_table_and_overview(opened):
    page = opened()
    page.locator('.plot.numbers').scroll_into_view_if_needed()
    page.locator('.plot.numbers svg').first.wait_for()
    assert len(shown_rows(page)) == 131 and marks(page) == 130
    page.get_by_label('Experiment', exact=True).select_option('cnn2')
    rows = shown_rows(page)
    assert 0 < len(rows) < 20 and marks(page) == len(rows)
    assert page.locator('output').inner_text() == f'{len(rows)} of 131 numbers shown'
    page.get_by_label('Quantity', exact=True).select_option('train_loss')
    page.get_by_label('Verdict', exact=True).select_option('not compatible')
    assert page.locator('#all-numbers tbody tr:visible').inner_text().startswith(
        'cnn2 train loss, step 2000')
    assert marks(page) == 1
    page.get_by_role('button', name='Show all').click()
    playwright.expect(page.locator('output')).to_have_text('131 of 131 numbers shown')
    assert len(shown_rows(page)) == 131 and marks(page) == 130
    page.locator('#cnn7').get_by_role('link', name='see them on their intervals').click()
    assert {page.locator(f'tr[data-key="{key}"]').get_attribute('data-experiment')
            for key in shown_rows(page)} == {'cnn7'}


def test_sorting_by_mouse_and_by_keyboard(opened):
    page = opened()
    usual = shown_rows(page)
    assert usual == list(range(131))

    def column(place):
        values = page.evaluate(
            'n => [...document.querySelectorAll("#all-numbers tbody tr")]'
            '.map(row => row.cells[n].dataset.sort)', place)
        return [float(value) for value in values if value != '']

    head = page.locator('#all-numbers thead')
    report = head.get_by_role('button', name='the report')
    report.click()
    assert column(1) == sorted(column(1)) and shown_rows(page) != usual
    assert head.locator('th[aria-sort=ascending]').inner_text().startswith('the report')
    report.focus()
    page.keyboard.press('Enter')
    assert column(1) == sorted(column(1), reverse=True)
    head.get_by_role('button', name='interval').click()
    assert column(5) == sorted(column(5), reverse=True)  # what lies farthest out comes first
    first = page.locator('#all-numbers tbody tr').first
    assert first.get_attribute('data-verdict') == 'not compatible'
    assert head.locator('th[aria-sort]').count() == 1
    head.get_by_role('button', name='experiment').click()
    assert shown_rows(page) == usual


@pytest.mark.parametrize('chart, mark, words', [
    ('.plot.numbers', 'g[aria-label=dot] path', 'the report: '),
    ('#cnn4 .plot.curves >> nth=1', 'g[aria-label=dot] circle', 'the report: '),
    ('#gru-50 .plot.curves >> nth=0', 'g[aria-label=line] path', 'accuracy, step '),
    ('#cnn-vis .plot.filters', 'rect', 'weight '),
    ('.plot.hidden >> nth=1', 'g[aria-label=dot] path', 'CPU seconds '),
    ('.plot.evidence >> nth=0', 'g[aria-label=dot] circle', ' % of seeds are below '),
    ('.plot.evidence >> nth=6', 'g[aria-label=dot] circle', 'one run: ')])
def test_hovering_shows_the_value(opened, chart, mark, words):
    page = opened()
    plot = page.locator(chart)
    plot.scroll_into_view_if_needed()
    plot.locator(mark).last.wait_for(state='attached')
    tip = plot.locator('g[aria-label=tip]')
    assert tip.text_content() == ''
    place = plot.locator(mark).last.evaluate('''mark => {  // its middle, on its line
        mark.scrollIntoView({block: "center"});
        const box = mark.getBBox(), half = mark.getTotalLength() / 2;
        const point = mark.closest("[aria-label=line]") ? mark.getPointAtLength(half)
            : new DOMPoint(box.x + box.width / 2, box.y + box.height / 2);
        const {x, y} = new DOMPoint(point.x, point.y).matrixTransform(mark.getScreenCTM());
        return [x, y];
    }''')
    page.mouse.move(*place, steps=2)
    playwright.expect(tip).not_to_be_empty()
    assert words in tip.text_content() and any(map(str.isdigit, tip.text_content()))
    page.mouse.move(2, 2)
    playwright.expect(tip).to_be_empty()


def test_every_figure_has_an_alternative_text(opened):
    page = opened()
    draw_everything(page)
    pictures = page.evaluate('''
        [...document.querySelectorAll("img, canvas, svg, [role=img], figure")]
        .filter(picture => !picture.parentElement.closest("[role=img], [aria-hidden=true]"))
        .map(picture => picture.matches("figure")
             ? picture.querySelector("[role=img]")?.getAttribute("aria-label")
             : picture.role === "img" ? picture.getAttribute("aria-label") : null)''')
    assert len(pictures) > 250
    assert all(text and len(text) > 10 for text in pictures)
    words = page.locator('#cnn4 .plot >> nth=0').get_attribute('aria-label')
    assert 'Accuracy of cnn4' in words and 'our 5 runs' in words and 'ends at 0.5' in words


@pytest.mark.parametrize('width', [390, 320])
def test_nothing_is_wider_than_a_phone(opened, width):
    page = opened({'width': width, 'height': 844})
    draw_everything(page)
    page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true')
    assert page.evaluate('document.documentElement.scrollWidth') == width
    cut = page.evaluate('''[...document.querySelectorAll("main *")]
        .filter(part => part.checkVisibility() && !part.closest("svg, thead"))
        .filter(part => part.getBoundingClientRect().right > innerWidth + 1)
        .map(part => part.outerHTML.slice(0, 80))''')
    assert cut == []


@pytest.mark.parametrize('size, scheme', [(WIDE, 'dark'), (NARROW, 'light')])
def test_axe_finds_nothing(opened, few, size, scheme):
    page = opened(size, scheme, few)
    draw_everything(page)
    page.locator('#cnn-vis summary').click()
    found = axe.Axe().run(page, options={
        'runOnly': {'type': 'tag', 'values': EVERYTHING}, 'resultTypes': ['violations']})
    assert [(violation['id'], violation['nodes'][0]['html'][:120])
            for violation in found.response['violations']] == []


def test_schemes_differ_and_print_is_light(opened):
    dark = opened(scheme='dark')
    background = 'getComputedStyle(document.body).backgroundColor'
    assert dark.evaluate(background) != opened().evaluate(background)
    dark.emulate_media(media='print')
    assert dark.evaluate(background) == 'rgb(255, 255, 255)'


def test_printing_shows_everything(opened, few):
    page = opened(folder=few)
    assert page.locator('.plot > svg').count() < page.locator('.plot').count()
    page.emulate_media(media='print')
    pdf = page.pdf(format='A4')
    assert pdf[:5] == b'%PDF-'
    # printing has had every chart drawn
    assert page.locator('.plot > svg').count() == page.locator('.plot').count()
    assert page.locator('nav').is_hidden() and page.locator('.choices').is_hidden()


def test_one_seed_says_so(opened, tmp_path):
    built(write_runs(tmp_path, ('cnn1', 'gru-50'), seeds=1))
    page = opened(folder=tmp_path)
    draw_everything(page)
    assert 'Too few seeds for any interval' in page.locator('#summary').inner_text()
    assert 'Too few seeds: cnn1 (1 seed), gru-50 (1 seed)' in page.locator('#summary').inner_text()
    assert page.locator('.plot.numbers').count() == 0
    page.get_by_label('Experiment', exact=True).select_option('cnn1')
    assert page.locator('#all-numbers tbody tr:visible').count() == 11


def test_without_scripts_the_tables_are_there(opened):
    page = opened(java_script_enabled=False)
    assert page.locator('noscript').inner_text().startswith('The charts, sorting')
    assert page.locator('#all-numbers tbody tr').count() == 131


def test_the_parts_are_headings_and_landmarks(opened):
    page = opened()
    levels = page.evaluate('[...document.querySelectorAll("h1,h2,h3,h4")]'
                           '.map(heading => Number(heading.tagName[1]))')
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.textContent') == 'Skip to the content'
    assert page.evaluate('document.activeElement.getBoundingClientRect().left') >= 0
    assert page.evaluate('[...document.querySelectorAll("table")].every(table => table.caption'
                         ' && [...table.tHead.rows[0].cells].every(cell => cell.scope === "col"))')
