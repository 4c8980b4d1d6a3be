/** The ReDoc that stands in src/documentation/vendor/, which comes from no package of this checkout. */
export const redoc = {
  name: 'redoc',
  version: '2.5.4',
  license: 'MIT',
  sha256: 'dcaf76612bc4a3fbcc923a8966dee2f6146a5f32e5ce1b6f02dd60cbbf89500b',
  // The one thing that it would fetch from elsewhere; without it, it shows no logo beside its name.
  foreign: 'https://cdn.redoc.ly/redoc/logo-mini.svg',
};
