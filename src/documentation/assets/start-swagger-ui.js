// @ts-check
/** Starts Swagger UI on our own document. Nothing leaves this origin, and what is typed here is forgotten on leaving. */
const dark = matchMedia('(prefers-color-scheme: dark)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followScheme);
followScheme();

/** @type {any} */ (globalThis)['SwaggerUIBundle']({
  url: '/openapi.json',
  dom_id: '#documentation',
  deepLinking: true,
  displayOperationId: false,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
  // Without this, a browser answers the Basic challenge of a wrong password with a dialog of its own.
  requestInterceptor: (/** @type {Request} */ request) => Object.assign(request, { credentials: 'omit' }),
});
