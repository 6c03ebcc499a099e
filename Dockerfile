# The service as Cloud Run runs it: scripts/vendor's files and all static ones compressed, hash-checked packages, the code.
# Each base by the digest of its index for all platforms; docs/operating.md has the command that finds the next one.
ARG NODE_DIGEST="@sha256:c3de60bf2f9dd0ac6370e6117950ff62d6e339527e7472301c9c78a017978392"
ARG PYTHON_DIGEST="@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b"

FROM docker.io/library/node:22-slim${NODE_DIGEST} AS pages
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY scripts/vendor scripts/vendor
RUN scripts/vendor
COPY scripts/verbs/compress.mjs scripts/verbs/compress.mjs
COPY service/pages/static service/pages/static
RUN node scripts/verbs/compress.mjs

FROM docker.io/library/python:3.13-slim${PYTHON_DIGEST} AS packages
WORKDIR /build
COPY requirements.txt ./
# Without pip, which nothing needs at run time. Bytecode that no file's date can make stale: the root is read-only.
RUN python -m venv --without-pip /venv \
  && python -m pip --python /venv/bin/python install --no-cache-dir --no-compile --require-hashes --no-deps -r requirements.txt \
  && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /venv/lib

FROM packages AS code
WORKDIR /app
COPY openapi.yaml ./
COPY service service
COPY --from=pages /build/service/pages/static/vendor service/pages/static/vendor
COPY --from=pages /build/service/pages/compressed service/pages/compressed
RUN python -m compileall -q --invalidation-mode unchecked-hash service \
  && /venv/bin/python -m service.contract

FROM docker.io/library/python:3.13-slim${PYTHON_DIGEST}
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The base comes without its standard library's bytecode: every start would compile what it imports.
RUN python -m compileall -q -j 0 -x site-packages --invalidation-mode unchecked-hash \
  "$(python -c 'import os; print(os.path.dirname(os.__file__))')"
COPY --from=packages /venv /venv
COPY --from=code /app /app
USER 65532:65532
# No shell: the server itself is process 1, and gets the SIGTERM. It reads PORT and THREADS.
CMD ["python", "-m", "service.start"]
