FROM python:3.11-slim AS packages
ARG VECTORS=false
COPY requirements.lock requirements-uv.lock requirements-vectors.lock ./
RUN python -m venv /opt/venv \
 && pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
 && uv pip install --no-cache --python /opt/venv/bin/python --require-hashes -r requirements.lock \
      $(test "$VECTORS" = true && echo -r requirements-vectors.lock)

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent interworky \
 && install --directory --owner interworky --mode 700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY assistant assistant
COPY interworky interworky
COPY widget widget
COPY static static
ENV PATH=/opt/venv/bin:$PATH NO_BOOTSTRAP=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER interworky
EXPOSE 8000
# docker-compose.yml and docs/operations.md say what else runs beside it.
CMD ["uvicorn", "interworky.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "on", \
     "--no-proxy-headers", "--no-server-header", "--no-access-log", \
     "--ws", "interworky.websocket_protocol:Protocol", "--ws-max-size", "65536", "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "25"]
