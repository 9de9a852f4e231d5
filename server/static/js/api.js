// The API's page: Swagger UI over our own document, asking as the signed-in reader.

const place = document.querySelector("#api");

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (new URL(request.url, location.href).origin === location.origin) {
      request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
    }
    return request;
  },
});
