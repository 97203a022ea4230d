// A text broadcast hub over gorilla/websocket, the peer that `troupe bench --dialect hub`
// is compared with. What one client of a room sends, all clients of that room get.
//
// One goroutine per room owns its clients; each client has a reader and a writer and a
// bounded channel between hub and writer. The writer puts what waits in the channel into
// one frame, newline between, as long as it fits the connection's write buffer, so a
// backlog costs one system call for many messages. A client whose channel is full is closed.
package main

import (
	"flag"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	queueMax      = 256
	writeBuffer   = 4096
	frameOverhead = 16
	messageMax    = 64 * 1024
	writeTimeout  = 10 * time.Second
)

var newline = []byte{'\n'}

type client struct {
	room    *room
	conn    *websocket.Conn
	waiting chan []byte
}

type room struct {
	joining chan *client
	leaving chan *client
	said    chan []byte
}

func newRoom() *room {
	r := &room{
		joining: make(chan *client),
		leaving: make(chan *client),
		said:    make(chan []byte, queueMax),
	}
	go r.run()
	return r
}

func (r *room) run() {
	clients := make(map[*client]struct{})
	drop := func(c *client) {
		if _, here := clients[c]; here {
			delete(clients, c)
			close(c.waiting)
		}
	}
	for {
		select {
		case c := <-r.joining:
			clients[c] = struct{}{}
		case c := <-r.leaving:
			drop(c)
		case message := <-r.said:
			for c := range clients {
				select {
				case c.waiting <- message:
				default:
					drop(c)
				}
			}
		}
	}
}

func (c *client) read() {
	defer func() {
		c.room.leaving <- c
		c.conn.Close()
	}()
	c.conn.SetReadLimit(messageMax)
	for {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		c.room.said <- message
	}
}

func (c *client) write() {
	defer c.conn.Close()
	var held []byte // Taken from the channel, but did not fit the frame before.
	for {
		message := held
		held = nil
		if message == nil {
			var open bool
			if message, open = <-c.waiting; !open {
				c.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
		}
		c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		w, err := c.conn.NextWriter(websocket.TextMessage)
		if err != nil {
			return
		}
		w.Write(message)
		size := len(message)
	merging:
		for {
			select {
			case next, open := <-c.waiting:
				if !open {
					break merging
				}
				if size+1+len(next) > writeBuffer-frameOverhead {
					held = next
					break merging
				}
				w.Write(newline)
				w.Write(next)
				size += 1 + len(next)
			default:
				break merging
			}
		}
		if w.Close() != nil {
			return
		}
	}
}

type server struct {
	upgrader websocket.Upgrader
	mutex    sync.Mutex
	rooms    map[string]*room
}

func (s *server) room(name string) *room {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r := s.rooms[name]
	if r == nil {
		r = newRoom()
		s.rooms[name] = r
	}
	return r
}

func (s *server) serve(w http.ResponseWriter, request *http.Request) {
	conn, err := s.upgrader.Upgrade(w, request, nil)
	if err != nil {
		return
	}
	c := &client{
		room:    s.room(request.URL.Query().Get("room")),
		conn:    conn,
		waiting: make(chan []byte, queueMax),
	}
	c.room.joining <- c
	go c.write()
	go c.read()
}

func main() {
	listen := flag.String("listen", "127.0.0.1:9001", "address and port")
	flag.Parse()
	s := &server{
		upgrader: websocket.Upgrader{WriteBufferSize: writeBuffer, ReadBufferSize: 1024},
		rooms:    make(map[string]*room),
	}
	http.HandleFunc("/ws", s.serve)
	log.Fatal(http.ListenAndServe(*listen, nil))
}
