# Two stages: the first installs and collects, the second only runs, as an unprivileged user.
FROM python:3.11-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_NO_CACHE=1
WORKDIR /opt/opsknight

COPY requirements-uv.lock requirements.lock ./
RUN pip install --require-hashes -r requirements-uv.lock \
    && uv venv /opt/venv \
    && VIRTUAL_ENV=/opt/venv uv pip install --require-hashes --compile-bytecode -r requirements.lock

COPY . .
# Settings create secrets on first use: here they are made in a scratch directory and thrown away,
# so that none ends in the image.
RUN OPSKNIGHT_DATA_DIR=/tmp/scratch OPSKNIGHT_STATIC_ROOT=/opt/opsknight/collected \
        /opt/venv/bin/python manage.py collectstatic --noinput \
    && rm -rf /tmp/scratch \
    && /opt/venv/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    OPSKNIGHT_DATA_DIR=/data \
    OPSKNIGHT_STATIC_ROOT=/opt/opsknight/collected
RUN groupadd --gid 1001 opsknight \
    && useradd --uid 1001 --gid 1001 --no-create-home --home-dir /data opsknight \
    && install -d -o 1001 -g 1001 -m 0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/opsknight /opt/opsknight

WORKDIR /opt/opsknight
USER 1001:1001
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/api/health\", timeout=4)"]
CMD ["python", "manage.py", "up"]
