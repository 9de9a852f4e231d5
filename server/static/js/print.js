// Opens the browser's own dialog for printing.

document.getElementById("print").addEventListener("click", () => window.print());
