import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshCode, inWorld, makePersonWithCode } from './server.ts';
import { visit } from './visitor.ts';

const password = 'quite another long password';

test('a visitor makes himself the first administrator, with all that the form holds', () =>
  inWorld(async (world) => {
    const visitor = visit(world);
    await visitor.open((await world.server.service.setup.makeLink()) ?? '');
    assert.deepEqual([visitor.status, visitor.path, visitor.page.h1], [200, '/setup', 'Set up Countersign']);
    await visitor.submit({ name: 'root', password: 'kq7 vx2' });
    assert.equal(visitor.status, 422);
    assert.match(visitor.page.title, /^Error: /);
    assert.notEqual(visitor.page.alert, '');
    await visitor.submit({ name: 'root', password });
    assert.deepEqual([visitor.status, visitor.page.h1], [200, 'Countersign is set up']);
    assert.equal((await world.server.users.find('root'))?.administrator, true);
  }));

test('a visitor accepts an invitation, and cannot change whose it is', () =>
  inWorld(async (world) => {
    const { link = '' } = await world.server.users.create({ name: 'iris' });
    const visitor = await visit(world, { from: '192.0.2.7', userAgent: 'Lynx' }).open(link);
    await assert.rejects(visitor.submit({ username: 'root', password }), /username cannot be filled in here|0 forms/);
    await visitor.submit({ password });
    assert.deepEqual([visitor.status, visitor.path, visitor.url], [200, '/invitation', '/invitation']);
    await visitor.open(link);
    assert.equal(visitor.status, 404);
  }));

test('a visitor signs in with password and code, is where he wanted to be, and signs out', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await visit(world).open('/account/sessions');
    assert.equal(visitor.path, '/sign-in');
    await visitor.submit({ username: 'bob', password: bob.password });
    assert.equal(visitor.path, '/sign-in/code');
    await visitor.submit({ otp: freshCode(world, bob.secret ?? Buffer.of()) });
    assert.equal(visitor.path, '/account/sessions');
    const names = () => visitor.cookies.map(({ name }) => name).sort();
    assert.deepEqual(names(), ['countersign', 'countersign-browser', 'countersign-passkey']);
    await visitor.submit({}, { form: 'Sign out' });
    assert.deepEqual([visitor.path, names()], ['/sign-in', ['countersign-browser', 'countersign-passkey']]);
    assert.match(visitor.page.status, /signed out/);
    await visitor.open('/account');
    assert.equal(visitor.path, '/sign-in');
  }));

test('cookies are kept from one request to the next, and redirects followed and written down', () =>
  inWorld(async (world) => {
    world.server.get('/first', { config: { access: 'anyone' } }, (request, reply) =>
      reply
        .header('set-cookie', ['__Host-a=1; Path=/; Secure', 'b=2'])
        .redirect(`/second?saw=${request.headers.cookie}`, 303),
    );
    world.server.get('/second', { config: { access: 'anyone' } }, (request, reply) =>
      reply.type('text/html').send(`<title>t</title><main>${request.headers.cookie}</main>`),
    );
    const visitor = await visit(world).open('/first');
    assert.deepEqual([visitor.url, visitor.page.text], ['/second?saw=undefined', '__Host-a=1; b=2']);
    assert.deepEqual(visitor.hops, [
      { status: 303, from: 'http://localhost:8000/first', to: 'http://localhost:8000/second?saw=undefined' },
    ]);
    assert.deepEqual(
      visitor.cookies.map(({ name }) => name),
      ['__Host-a', 'b'],
    );
    await visitor.open('/second');
    assert.deepEqual(visitor.hops, []);
    assert.deepEqual(visit(world).cookies, []);
  }));

test('a visitor is not led to another host, nor round in circles', () =>
  inWorld(async (world) => {
    world.server.get('/round', { config: { access: 'anyone' } }, (_, reply) => reply.redirect('/round', 303));
    for (const [index, target] of ['https://evil.example/', '//evil.example', '/\\evil.example', '/0'].entries()) {
      world.server.get(`/${index}`, { config: { access: 'anyone' } }, (_, reply) =>
        reply.code(303).header('location', target).send(),
      );
    }
    for (const path of ['/0', '/1', '/2', '/3']) {
      const visitor = visit(world);
      await assert.rejects(visitor.open(path), /leads to another host: https?:\/\/evil\.example\//);
      assert.equal(visitor.hops.length, path === '/3' ? 2 : 1);
    }
    await assert.rejects(visit(world).open('/round'), /redirects without end/);
    await assert.rejects(visit(world).open('https://evil.example/'), /another host/);
  }));

test('a link is followed by its words or its address', () =>
  inWorld(async (world) => {
    const visitor = await visit(world).open('/nowhere');
    assert.deepEqual([visitor.status, visitor.page.h1], [404, 'Not found']);
    await visitor.follow('/');
    assert.equal(visitor.path, '/');
    await visitor.open('/nowhere');
    await assert.rejects(visitor.follow('No such link'), /0 links are meant/);
  }));
