// The API's page: Swagger UI over our own document, asking as the signed-in reader.

const place = document.querySelector("#api");

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: false, // its links would lie inside the buttons that open an operation
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  syntaxHighlight: false, // its red on grey is too faint
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (new URL(request.url, location.href).origin === location.origin) {
      request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
    }
    return request;
  },
});
