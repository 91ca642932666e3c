"""SunSpec over Modbus: chain walking, decoding with scale factors, meter and inverter drivers."""
