"""moto as a server, one request at a time: moto_server.py PORT

moto's own server answers in parallel, and its tables are not made for that: under sixteen writers at once a transaction
ends in `RuntimeError: dictionary changed size during iteration`, status 500.
"""

import sys

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
