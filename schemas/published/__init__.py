"""What senders read: JSON Schemas of bodies, the AsyncAPI document of the topics, examples. Package resources."""
