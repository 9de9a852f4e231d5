// An OpenID Connect provider for tests: `node oidc_provider.mjs SETTINGS`, where SETTINGS is JSON:
// { library, port, client_id, client_secret, redirect_uri, staff_no: { <login>: <staff number> } }
const given = JSON.parse(process.argv[2])
const { default: Provider } = await import(given.library)

const provider = new Provider(`http://127.0.0.1:${given.port}`, {
  clients: [{
    client_id: given.client_id,
    client_secret: given.client_secret,
    redirect_uris: [given.redirect_uri],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  claims: { openid: ['sub'], profile: ['employee_number', 'name'] },
  conformIdTokenClaims: false,
  findAccount: (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, name: id, employee_number: given.staff_no[id] }),
  }),
})
provider.listen(given.port, '127.0.0.1', () => console.log('ready'))
