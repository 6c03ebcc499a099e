# The service as Cloud Run runs it: scripts/vendor's files, hash-checked packages, and the code.
FROM node:20-slim AS pages
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY scripts/vendor scripts/vendor
RUN scripts/vendor

FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt

FROM python:3.13-slim
WORKDIR /app
# gunicorn keeps a control socket: not in the home folder, which is read-only or not there.
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 XDG_RUNTIME_DIR=/tmp
COPY --from=packages /venv /venv
COPY openapi.yaml ./
COPY service service
COPY --from=pages /build/service/pages/static/vendor service/pages/static/vendor
RUN python -m compileall -q service
USER 65532
CMD ["functions-framework", "--target=handler", "--source=service/main.py"]
