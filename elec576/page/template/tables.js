/* Sorting of every sortable table, and filtering of the table of all numbers. */
'use strict';
(() => {
  function sort(table, column, direction) {
    const value = row => row.cells[column].dataset.sort;
    const rows = [...table.tBodies[0].rows];
    const numeric = rows.every(row => value(row) === '' || !Number.isNaN(Number(value(row))));
    rows.sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === '' || b === '') return (a === '') - (b === '');  // what has no value comes last
      return direction * (numeric ? Number(a) - Number(b) : a.localeCompare(b, 'en'));
    });
    table.tBodies[0].append(...rows);
    for (const head of table.tHead.rows[0].cells) head.removeAttribute('aria-sort');
    table.tHead.rows[0].cells[column].setAttribute(
      'aria-sort', direction > 0 ? 'ascending' : 'descending');
  }

  for (const table of document.querySelectorAll('table.sortable')) {
    for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
      head.querySelector('button').addEventListener('click', () => {
        // intervals first with what lies farthest out
        const first = table.tBodies[0].rows[0]?.cells[column].classList.contains('interval')
          ? 'descending' : 'ascending';
        const second = first === 'ascending' ? 'descending' : 'ascending';
        const next = head.getAttribute('aria-sort') === first ? second : first;
        sort(table, column, next === 'ascending' ? 1 : -1);
      });
    }
  }

  const form = document.querySelector('form.choices');
  const rows = [...document.querySelectorAll('#all-numbers tbody tr')];
  function filter() {
    const hidden = new Set();
    for (const row of rows) {
      row.hidden = ['experiment', 'quantity', 'verdict'].some(
        name => form.elements[name].value && form.elements[name].value !== row.dataset[name]);
      if (row.hidden) hidden.add(Number(row.dataset.key));
    }
    form.querySelector('output').value =
      `${rows.length - hidden.size} of ${rows.length} numbers shown`;
    document.dispatchEvent(new CustomEvent('shown', {detail: hidden}));
  }
  form.addEventListener('input', filter);
  form.addEventListener('reset', () => setTimeout(filter));  // after the fields are empty
  form.addEventListener('submit', event => event.preventDefault());
  for (const link of document.querySelectorAll('a[data-field]')) {
    link.addEventListener('click', () => {
      for (const field of form.querySelectorAll('select')) field.value = '';
      form.elements[link.dataset.field].value = link.dataset.value;
      filter();
    });
  }
  filter();
})();
