"use strict";

// Read only: calls need a token that is proven with the bank's own key, and no web page should hold one.
const nothing = () => () => null;
const readOnly = () => ({
  wrapComponents: { authorizeBtn: nothing, authorizeOperationBtn: nothing, ServersContainer: nothing },
});

window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  supportedSubmitMethods: [],
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  defaultModelRendering: "model",
  docExpansion: "list",
  showExtensions: true,
  plugins: [readOnly],
});
