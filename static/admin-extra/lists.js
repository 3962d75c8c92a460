// On a telephone each row of a list is a card, and labels stand in it as Django has them: capitalise the first letter alone, as
// in the headings of a table. CSS capitalises each word, or none.

document.addEventListener("DOMContentLoaded", () => {
  for (const cell of document.querySelectorAll("#result_list [data-label]")) {
    const { label } = cell.dataset;
    cell.dataset.label = label.charAt(0).toLocaleUpperCase() + label.slice(1);
  }
});
