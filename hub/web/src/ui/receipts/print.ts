/**
 * Prints a paper with the browser's printer: a copy of it alone stands on the page while the printer is asked, since what is in
 * a dialog is not printed well.
 */
export function printPaper(): void {
  const papers = document.querySelectorAll(".paper");
  const paper = papers[papers.length - 1];
  if (paper === undefined) {
    return;
  }
  const sheet = document.createElement("div");
  sheet.className = "print-only";
  sheet.append(paper.cloneNode(true));
  document.body.append(sheet);
  document.documentElement.classList.add("printing");
  window.addEventListener("afterprint", () => {
    sheet.remove();
    document.documentElement.classList.remove("printing");
  }, { once: true });
  window.print();
}
