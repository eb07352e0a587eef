/* The charts: what to draw is in the JSON element, how to draw it is here. Each is drawn when it
   nears the screen, again when its width changes, and all of them before printing. */
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const digits = d3.format('.4~g');
  const words = quantity => quantity.replace('_', ' ');
  const tip = (marks, place) => Plot.tip(marks, Plot.pointer({
    ...place, title: 'words', maxRadius: 30, fontSize: 12, lineWidth: 24, pointerSize: 8}));

  const draw = {
    numbers(element, width) {
      const shown = data.numbers.filter(number => !element.hiddenKeys?.has(number.key));
      const names = [...new Set(data.numbers.map(number => number.experiment))]
        .filter(name => shown.some(number => number.experiment === name));
      const narrow = width < 600;  // marks pile up higher there
      const place = Plot.dodgeY('middle', {
        x: 'x', fy: 'experiment', padding: 0.5, r: d => (d.compatible ? 1 : 1.4) * (narrow ? 3 : 4)});
      return Plot.plot({
        width, height: (narrow ? 44 : 30) * names.length + 70,
        marginLeft: 74, marginRight: 14, marginBottom: 42,
        x: {domain: [-data.edge, data.edge], ticks: 7, tickSize: 4,
            tickFormat: value => ({[-data.edge]: '≤ ', [data.edge]: '≥ '}[value] ?? '')
              + String(value).replace('-', '−'), label: narrow
              ? `score, interval to ±${digits(data.limit)}`
              : `score: ±${digits(data.limit)} at the ends of the 95 % prediction interval`,
            labelAnchor: 'center', labelArrow: 'none'},
        fy: {domain: names, label: null, padding: 0},
        marks: [
          Plot.rectX([0], {x1: -data.limit, x2: data.limit, fill: 'var(--band)', fillOpacity: 0.6}),
          Plot.ruleX([0], {stroke: 'var(--soft)', strokeWidth: 0.75}),
          Plot.dot(shown, {...place, fill: d => d.compatible ? 'var(--test)' : 'var(--bad)',
                           symbol: d => d.compatible ? 'circle' : 'diamond2',
                           stroke: 'var(--page)', strokeWidth: 0.75}),
          Plot.tip(shown, Plot.pointer({...place, title: 'words', maxRadius: 30, fontSize: 12})),
        ],
        symbol: {type: 'identity'}, r: {type: 'identity'},
      });
    },

    curves(element, width) {
      const {experiment, part: kind} = element.dataset;
      const found = data.curves[experiment];
      const marks = [], hovered = [];
      let highest = 0;
      for (const part of ['train', 'test']) {
        const curve = found[`${part}_${kind}`], color = `var(--${part})`;
        const name = `${part} ${kind}`;
        // where a curve hides a point of the report, its words hold the point's
        const printed = new Map(curve.report.map(
          point => [point.step, `\nthe report: ${point.printed}`]));
        const beside = step => printed.get(step) ?? '';
        const mean = curve.steps.map((step, k) => ({
          step, value: curve.mean[k], low: curve.band?.[0][k], high: curve.band?.[1][k],
          words: `${name}, step ${step}\nmean ${digits(curve.mean[k])}` + (curve.band
            ? `\ninterval ${digits(curve.band[0][k])} … ${digits(curve.band[1][k])}` : '')
            + beside(step)}));
        const runs = curve.runs.flatMap((values, run) => values.map((value, k) => ({
          step: curve.steps[k], value, seed: curve.seeds[run],
          words: `${name}, step ${curve.steps[k]}\nseed ${curve.seeds[run]}: ${digits(value)}`
            + beside(curve.steps[k])})));
        if (curve.band) marks.push(Plot.areaY(mean, {
          x: 'step', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.16, clip: true}));
        marks.push(
          Plot.line(runs, {x: 'step', y: 'value', z: 'seed', stroke: color, strokeWidth: 0.6,
                           strokeOpacity: mean.length < 120 ? 0.6 : 0.35}),
          Plot.line(mean, {x: 'step', y: 'value', stroke: color, strokeWidth: 2,
                           strokeDasharray: part === 'train' && mean.length < 120 ? '5 3' : null}));
        hovered.push(...mean, ...(curve.seeds.length > 1 ? runs : []));
        highest = Math.max(highest, d3.max(runs, run => run.value) ?? 0);
      }
      for (const [part, symbol] of [['train', 'circle'], ['test', 'square']]) {
        const points = found[`${part}_${kind}`].report.map(point => ({
          ...point, words: `${part} ${kind}, step ${point.step}\nthe report: ${point.printed}`}));
        marks.push(Plot.dot(points, {x: 'step', y: 'value', symbol, r: 4.5, fill: 'var(--ink)',
                                     stroke: 'var(--page)', strokeWidth: 1.25}));
        hovered.push(...points);
        highest = Math.max(highest, d3.max(points, point => point.value) ?? 0);
      }
      return Plot.plot({
        width, height: 256, marginLeft: 44, marginRight: 14, marginBottom: 36, grid: true,
        x: {domain: [0, found.end], label: 'step', ticks: width < 450 ? 5 : 8, labelArrow: 'none',
            tickFormat: 'd'},
        y: {domain: [0, kind === 'accuracy' ? 1 : 1.05 * highest], label: null},
        marks: [...marks, tip(hovered, {x: 'step', y: 'value'})],
      });
    },

    filters(element, width) {
      const {size, weights, seed} = data.filters[element.dataset.experiment];
      const cells = weights.flatMap((filter, k) => {
        const [low, high] = d3.extent(filter);
        return filter.map((weight, place) => {
          const row = Math.floor(place / size), column = place % size;
          const grey = Math.round(255 * (high > low ? (weight - low) / (high - low) : 0.5));
          return {x: (k % 8) * (size + 1) + column, y: Math.floor(k / 8) * (size + 1) + row,
                  tone: `rgb(${grey},${grey},${grey})`,
                  words: `filter ${k + 1}, row ${row + 1}, column ${column + 1}\n`
                    + `weight ${digits(weight)} (seed ${seed})`};
        });
      });
      const across = 8 * (size + 1) - 1, down = 4 * (size + 1) - 1;
      return Plot.plot({
        width, height: width * down / across, margin: 0, axis: null,
        x: {domain: [0, across]}, y: {domain: [down, 0]},
        marks: [
          Plot.rect(cells, {x1: 'x', x2: d => d.x + 1, y1: 'y', y2: d => d.y + 1, fill: 'tone',
                            shapeRendering: 'crispEdges'}),
          tip(cells, {x: d => d.x + 0.5, y: d => d.y + 0.5}),
        ],
      });
    },

    hidden(element, width) {
      const quantity = element.dataset.part;
      const cells = data.hidden[quantity];
      const shift = {basic: 1 / 1.06, lstm: 1, gru: 1.06};  // side by side
      const look = {basic: ['circle', 'var(--basic)'], lstm: ['square', 'var(--lstm)'],
                    gru: ['triangle', 'var(--gru)']};
      const name = quantity === 'cpu_seconds' ? 'CPU seconds' : words(quantity);
      const about = d => `${d.cell}, ${d.units} hidden units`;
      const place = d => ({cell: d.cell, x: d.units * shift[d.cell]});
      const means = cells.map(d => ({...place(d), value: d.mean,
                                     words: `${about(d)}\nmean ${name} ${digits(d.mean)}`}));
      const runs = cells.flatMap(d => d.runs.map((value, k) => ({
        ...place(d), value, words: `${about(d)}, seed ${d.seeds[k]}\n${name} ${digits(value)}`})));
      const report = cells.flatMap(d => d.report.map(printed => ({
        ...place(d), value: Number(printed), words: `the report: ${printed}\n${about(d)}`})));
      const color = d => look[d.cell][1], symbol = d => look[d.cell][0];
      return Plot.plot({
        width, height: 280, marginLeft: 48, marginRight: 14, marginBottom: 36, grid: true,
        x: {type: 'log', domain: [44, 340], ticks: [50, 128, 300], tickFormat: 'd',
            label: 'hidden units', labelArrow: 'none'},
        y: {label: null, zero: quantity === 'cpu_seconds', nice: true},
        symbol: {type: 'identity'},
        marks: [
          Plot.dot(runs, {x: 'x', y: 'value', fill: color, fillOpacity: 0.55, r: 2.2, symbol}),
          Plot.line(means, {x: 'x', y: 'value', z: 'cell', stroke: color, strokeWidth: 1.5}),
          Plot.dot(means, {x: 'x', y: 'value', fill: color, symbol, r: 5.5,
                           stroke: 'var(--page)', strokeWidth: 1}),
          Plot.dot(report, {x: 'x', y: 'value', symbol: 'times', stroke: 'var(--ink)',
                            strokeWidth: 2, r: 5}),
          tip([...means, ...runs, ...report], {x: 'x', y: 'value'}),
        ],
      });
    },

    evidence(element, width) {
      const {labels, readings, report} =
        data.evidence[element.dataset.experiment][Number(element.dataset.part)];
      const share = (reading, k) => `${digits(100 * (k + 0.5) / reading.runs.length)} % of seeds`;
      const runs = readings.flatMap(reading => reading.runs.map((value, k) => ({
        label: reading.label, value, words: `${reading.label}\n` + (
          reading.quantiles ? `${share(reading, k)} are below ${digits(value)}`
                            : `one run: ${digits(value)}`)})));
      const printed = report.flatMap(value => labels.map(label => ({
        label, value: value.value,
        words: `the report, ${value.experiment}: ${value.printed}`})));
      return Plot.plot({
        width, height: 34 * labels.length + 34, marginLeft: 150, marginRight: 16,
        x: {label: null, grid: true, ticks: width < 420 ? 4 : 8, nice: true},
        y: {domain: labels, label: null, padding: 0.25, tickSize: 0},
        marks: [
          Plot.barX(readings.filter(reading => reading.low !== null),
                    {y: 'label', x1: 'low', x2: 'high', fill: 'var(--band)'}),
          Plot.ruleX(report, {x: 'value', stroke: 'var(--bad)', strokeWidth: 2}),
          Plot.dot(runs, {x: 'value', y: 'label', fill: 'var(--test)', fillOpacity: 0.75, r: 4,
                          stroke: 'var(--page)', strokeWidth: 0.75}),
          tip([...runs, ...printed], {x: 'value', y: 'label'}),
        ],
      });
    },
  };

  function redraw(element) {
    const width = element.clientWidth;
    if (!width) return;
    const chart = draw[element.dataset.chart](element, width);
    chart.setAttribute('aria-hidden', 'true');  // the element around it has the words
    element.replaceChildren(chart);
    element.drawnWidth = width;
  }

  const plots = [...document.querySelectorAll('.plot')];
  const near = new IntersectionObserver(entries => {
    for (const {target, isIntersecting} of entries) {
      if (isIntersecting && !target.drawnWidth) redraw(target);
    }
  }, {rootMargin: '600px'});
  let printing = false;
  const resized = new ResizeObserver(entries => {
    for (const {target} of entries) {
      if (!printing && target.drawnWidth && target.drawnWidth !== target.clientWidth) {
        redraw(target);
      }
    }
  });
  for (const plot of plots) {
    near.observe(plot);
    resized.observe(plot);
  }

  let opened = [];
  addEventListener('beforeprint', () => {
    printing = true;
    for (const plot of plots) if (!plot.drawnWidth) redraw(plot);
    opened = [...document.querySelectorAll('.experiment details:not([open])')];
    for (const details of opened) details.open = true;
  });
  addEventListener('afterprint', () => {
    printing = false;
    for (const details of opened) details.open = false;
  });

  // the table of all numbers hides rows; the overview shows the same numbers
  document.addEventListener('shown', event => {
    for (const plot of document.querySelectorAll('.plot.numbers')) {
      plot.hiddenKeys = event.detail;
      if (plot.drawnWidth) redraw(plot);
    }
  });
})();
