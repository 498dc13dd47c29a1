"""AMQP 1.0, as the service bus of Norsk helsenett speaks it: types, one connection, and the transport on top."""
