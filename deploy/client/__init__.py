"""A typed client of Holdfast's API: `Holdfast(url, key).list_places(cell="kul-1")`.

What it calls, and the shapes of what is sent and answered, are generated from the API's OpenAPI document.
"""

from deploy.client.transport import Holdfast, Refused

__all__ = ["Holdfast", "Refused"]
