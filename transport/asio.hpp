// transport/asio.hpp
//
// The few names of Asio and Beast that transport uses everywhere.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace boost::beast {
namespace http {}
namespace websocket {}
} // namespace boost::beast

namespace troupe::transport {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using error_code = boost::system::error_code;
using tcp = net::ip::tcp;

/// A socket whose executor is known at compile time: smaller and faster than the type-erased default.
using tcp_socket = net::basic_stream_socket<tcp, net::io_context::executor_type>;

} // namespace troupe::transport
